#include "http/exchange.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "http/connection.h"
#include "http/io_thread.h"
#include "http/server_state.h"

#define SPARES_MAX 32
#define ARENA_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define QUEUE_WAIT_MAX_US INT64_C(10000000) /* for a lane */

static struct exchange *make(struct io_thread *thread)
{
    struct exchange *exchange = thread->spare;
    if (exchange != NULL) {
        thread->spare = exchange->next;
        thread->spare_count--;
        return exchange;
    }
    exchange = calloc(1, sizeof *exchange);
    if (exchange != NULL)
        arena_init(&exchange->arena, ARENA_MAX_BYTES);
    return exchange;
}

struct exchange *exchange_take(struct io_thread *thread, struct connection *connection)
{
    struct exchange *exchange = make(thread);
    if (exchange == NULL)
        return NULL;
    exchange->thread = thread;
    exchange->connection = connection;
    exchange_begin(exchange);
    return exchange;
}

void exchange_begin(struct exchange *exchange)
{
    struct io_thread *thread = exchange->thread;
    arena_reset(&exchange->arena);
    exchange->request = (struct request){
        .address = view_of(exchange->connection->address),
        .started_us = clock_monotonic_us(),
        .arena = &exchange->arena,
    };
    io_thread_request_id(thread, exchange->request.request_id);
    exchange->reply.status = 0; /* its headers need not be wiped each time */
    exchange->reply.result = RESULT_OK;
    exchange->reply.content_type = NULL;
    exchange->reply.body = (struct view){NULL, 0};
    exchange->reply.header_count = 0;
    exchange->reply.close = false;
    reader_begin(&exchange->reader, &exchange->request, thread->server->options.max_body_bytes);
}

static void destroy(struct exchange *exchange)
{
    arena_clear(&exchange->arena);
    free(exchange);
}

void exchange_give_back(struct exchange *exchange)
{
    struct io_thread *thread = exchange->thread;
    reader_wipe(&exchange->reader);
    arena_reset(&exchange->arena);
    if (thread->spare_count >= SPARES_MAX) {
        destroy(exchange);
        return;
    }
    exchange->next = thread->spare;
    thread->spare = exchange;
    thread->spare_count++;
}

void exchange_free_spares(struct io_thread *thread)
{
    while (thread->spare != NULL) {
        struct exchange *exchange = thread->spare;
        thread->spare = exchange->next;
        destroy(exchange);
    }
}

void exchange_refuse(struct exchange *exchange, struct guard_verdict verdict)
{
    const struct http_app *app = &exchange->thread->server->options.app;
    struct view detail = view_of(verdict.detail);
    if (app->refuse != NULL)
        app->refuse(app->context, &exchange->request, &exchange->reply, verdict.result, detail);
    else
        reply_problem(&exchange->reply, &exchange->arena, verdict.result, detail, NULL);
    exchange->reply.close = true;
}

void exchange_finish(struct exchange *exchange)
{
    const struct http_app *app = &exchange->thread->server->options.app;
    struct reply *reply = &exchange->reply;
    if (reply->status == 0) { /* the client has gone before anything was decided */
        reply->result = RESULT_BAD_REQUEST;
        reply->status = result_status(reply->result);
    }
    app->finished(app->context, &exchange->request, reply,
                  clock_monotonic_us() - exchange->request.started_us);
}

/* --- lanes ------------------------------------------------------------------------------------ */

static struct exchange *exchange_of(struct lane_job *job)
{
    return (struct exchange *)((char *)job - offsetof(struct exchange, job));
}

static void run_job(struct lane_job *job, void *worker_state)
{
    struct exchange *exchange = exchange_of(job);
    const struct http_app *app = &exchange->thread->server->options.app;
    app->run(app->context, &exchange->request, &exchange->reply, worker_state);
    io_thread_give_back(exchange->thread, exchange);
}

/* Whoever asked has given up long ago, or the server ends: nothing is begun any more. */
static bool is_too_late(const struct exchange *exchange)
{
    return atomic_load(&exchange->thread->server->ending) ||
           clock_monotonic_us() - exchange->job.queued_us > QUEUE_WAIT_MAX_US;
}

static void turn_away(struct exchange *exchange)
{
    const struct http_app *app = &exchange->thread->server->options.app;
    app->busy(app->context, &exchange->request, &exchange->reply);
    io_thread_give_back(exchange->thread, exchange);
}

static void begin_job(struct lane_job *job, void *worker_state)
{
    struct exchange *exchange = exchange_of(job);
    if (is_too_late(exchange))
        turn_away(exchange);
    else
        run_job(job, worker_state);
}

/* Turns those away that are too late; gives the others. */
static struct lane_job *keep_timely(struct lane_job *first)
{
    struct lane_job *kept = NULL;
    struct lane_job **end = &kept;
    for (struct lane_job *job = first, *next; job != NULL; job = next) {
        next = job->next;
        job->next = NULL;
        if (is_too_late(exchange_of(job))) {
            turn_away(exchange_of(job));
        } else {
            *end = job;
            end = &job->next;
        }
    }
    return kept;
}

/* What is written must be answered, so a full lane is no reason to refuse. A single one is run
   where it is: handing it over would take longer. */
static void run_written(struct lane_job *first, struct lane *lane, void *worker_state)
{
    bool alone = first->next == NULL;
    for (struct lane_job *job = first; job != NULL; job = job->next)
        job->run = run_job;
    if (!alone)
        first = lane_put_all(lane, first);
    for (struct lane_job *job = first, *next; job != NULL; job = next) {
        next = job->next;
        run_job(job, worker_state);
    }
}

static void write_jobs(struct lane_job *first, void *worker_state)
{
    const struct http_app *app = &exchange_of(first)->thread->server->options.app;
    struct request *requests[HTTP_GROUP_MAX] = {NULL};
    size_t count = 0;
    first = keep_timely(first);
    for (struct lane_job *job = first; job != NULL; job = job->next) {
        assert(count < HTTP_GROUP_MAX);
        requests[count++] = &exchange_of(job)->request;
    }
    if (count > 0)
        run_written(first, app->write(app->context, requests, count, worker_state), worker_state);
}

static bool hand_to_lane(struct exchange *exchange, struct lane *lane,
                         void (*run)(struct lane_job *job, void *worker_state))
{
    struct server *server = exchange->thread->server;
    const struct http_app *app = &server->options.app;
    exchange->job.run = run;
    if (!atomic_load(&server->ending) && lane_put(lane, &exchange->job))
        return true;
    app->busy(app->context, &exchange->request, &exchange->reply);
    return false;
}

/* --- admission -------------------------------------------------------------------------------- */

/* Every line of X-Forwarded-For, as one list; only a trusted peer's is looked at. */
static struct view forwarded_for(struct exchange *exchange)
{
    struct view list = {NULL, 0};
    for (size_t i = 0; i < exchange->request.header_count; i++) {
        const struct http_header *header = &exchange->request.headers[i];
        if (!view_equal_nocase(header->name, VIEW("X-Forwarded-For")))
            continue;
        list = list.at == NULL ? header->value
                               : arena_format(&exchange->arena, "%.*s,%.*s", VIEW_ARG(list),
                                              VIEW_ARG(header->value));
    }
    return list;
}

static void find_client(struct exchange *exchange)
{
    const struct server_options *options = &exchange->thread->server->options;
    if (options->trusted_proxy_count == 0)
        return;
    struct request *request = &exchange->request;
    request->address =
        address_of_client(request->address, forwarded_for(exchange), options->trusted_proxies,
                          options->trusted_proxy_count, &exchange->arena);
}

bool exchange_admit(struct exchange *exchange)
{
    struct io_thread *thread = exchange->thread;
    const struct http_app *app = &thread->server->options.app;
    struct lane *lane = NULL;
    find_client(exchange);
    switch (app->admit(app->context, &exchange->request, &exchange->reply,
                       io_thread_app_state(thread), &lane)) {
    case HTTP_DONE:
        return true;
    case HTTP_LANE:
        return !hand_to_lane(exchange, lane, begin_job);
    case HTTP_GROUP:
        return !hand_to_lane(exchange, lane, write_jobs);
    }
    return true;
}
