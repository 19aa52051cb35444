#include "http/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/answer.h"
#include "http/io_thread.h"
#include "http/server_state.h"

#define SPARES_MAX 32
#define ARENA_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define BODY_FIRST_BYTES ((size_t)4 * 1024)
/* So much of a body over the limit is read for the sake of a clean 413. */
#define BODY_SWALLOW_BYTES ((size_t)64 * 1024)
/* What has arrived unread would make close(2) a reset, and the answer could be lost. */
#define DRAIN_BYTES ((size_t)256 * 1024)
/* A client that does not read its answer holds memory for so long at most. */
#define SEND_DEADLINE_MS 60000
#define BROKEN_DEADLINE_MS 2000
#define QUEUE_WAIT_MAX_US INT64_C(10000000) /* for a lane */

static const struct guard_verdict too_large = {RESULT_BODY_TOO_LARGE,
                                               "The body is over the limit."};

static struct exchange *take_exchange(struct io_thread *thread)
{
    struct exchange *exchange = thread->spare;
    if (exchange != NULL) {
        thread->spare = exchange->next_spare;
        thread->spare_count--;
        return exchange;
    }
    exchange = calloc(1, sizeof *exchange);
    if (exchange != NULL)
        arena_init(&exchange->arena, ARENA_MAX_BYTES);
    return exchange;
}

static void give_back(struct exchange *exchange)
{
    struct io_thread *thread = exchange->thread;
    if (thread->spare_count >= SPARES_MAX) {
        arena_clear(&exchange->arena);
        free(exchange);
        return;
    }
    arena_reset(&exchange->arena);
    exchange->next_spare = thread->spare;
    thread->spare = exchange;
    thread->spare_count++;
}

void exchange_free_spares(struct io_thread *thread)
{
    while (thread->spare != NULL) {
        struct exchange *exchange = take_exchange(thread);
        arena_clear(&exchange->arena);
        free(exchange);
    }
}

static void begin(struct exchange *exchange, struct connection *connection)
{
    struct io_thread *thread = exchange->thread;
    exchange->request = (struct request){
        .headers = exchange->headers,
        .address = view_of(connection->address),
        .started_us = clock_monotonic_us(),
        .arena = &exchange->arena,
    };
    io_thread_request_id(thread, exchange->request.request_id);
    exchange->reply = (struct reply){.status = 0};
    exchange->server = thread->server;
    exchange->connection = connection;
    connection->exchange = exchange;
    exchange->step = EXCHANGE_LINE;
    exchange->target = (struct guard_target){.path = VIEW("")};
    exchange->body = (struct exchange_body){.at = NULL};
    exchange->header_total = 0;
    exchange->unread = false;
}

static struct answer_stamp stamp_of(const struct exchange *exchange)
{
    return (struct answer_stamp){
        .request_id = view_make(exchange->request.request_id, HTTP_REQUEST_ID_SIZE - 1),
        .date = io_thread_date(exchange->thread),
    };
}

static void fill_refusal(struct exchange *exchange, struct guard_verdict verdict)
{
    const struct http_app *app = &exchange->server->options.app;
    struct view detail = view_of(verdict.detail);
    if (app->refuse != NULL)
        app->refuse(app->context, &exchange->request, &exchange->reply, verdict.result, detail);
    else
        reply_problem(&exchange->reply, &exchange->arena, verdict.result, detail, NULL);
    exchange->reply.close = true;
}

/* Answers straight to the socket where libmicrohttpd has no way to, and lets the connection end. */
static void refuse_at_once(struct exchange *exchange, struct guard_verdict verdict)
{
    struct connection *connection = exchange->connection;
    exchange->step = EXCHANGE_BROKEN;
    exchange->unread = true;
    int64_t due_ms = deadline_now_ms() + BROKEN_DEADLINE_MS;
    if (!deadline_move(&connection->deadline, DEADLINE_SEND, due_ms))
        return;
    fill_refusal(exchange, verdict);
    char text[ANSWER_RAW_MAX_BYTES];
    struct builder b;
    struct view answer;
    builder_init_fixed(&b, text, sizeof text);
    const struct answer_stamp stamp = stamp_of(exchange);
    answer_write(&b, &exchange->server->policy, &exchange->reply, &stamp);
    if (builder_end(&b, &answer))
        (void)send(connection->deadline.fd, answer.at, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(connection->deadline.fd, SHUT_WR);
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

/* Looks at a copy: libmicrohttpd cuts and unescapes its own in place. */
static void check_target(struct exchange *exchange, struct view raw)
{
    struct request *request = &exchange->request;
    request->target = arena_copy_view(&exchange->arena, raw);
    if (request->target.at == NULL) {
        exchange->verdict = (struct guard_verdict){RESULT_INTERNAL, NULL};
        return;
    }
    exchange->verdict = guard_target(request->target, &exchange->target);
    request->path = exchange->target.path;
    request->query = exchange->target.query;
}

void *exchange_on_line(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct io_thread *thread = io_thread_get(cls);
    struct connection *connection = connection_of(mhd);
    struct exchange *exchange = thread != NULL && connection != NULL ? take_exchange(thread) : NULL;
    if (exchange == NULL)
        return NULL;
    exchange->thread = thread;
    exchange->mhd = mhd;
    exchange->line_target = target;
    begin(exchange, connection);
    struct view raw = view_of(target);
    check_target(exchange, raw);
    /* A fresh connection's header deadline has run since accept; the others' begins here. */
    int64_t due_ms =
        exchange->request.started_us / US_PER_MS + exchange->server->options.header_deadline_ms;
    if (!deadline_begin_request(&connection->deadline, due_ms))
        exchange->step = EXCHANGE_BROKEN;
    else if (guard_has_too_many_parameters(raw))
        refuse_at_once(exchange, exchange->verdict);
    return exchange;
}

static enum MHD_Result collect_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                      size_t name_len, const char *value, size_t value_len)
{
    struct exchange *exchange = cls;
    (void)kind;
    if (exchange->header_total++ < GUARD_HEADERS_MAX)
        exchange->headers[exchange->request.header_count++] =
            (struct http_header){view_make(name, name_len), view_make(value, value_len)};
    return MHD_YES;
}

/* Every line of X-Forwarded-For, as one list; only a trusted peer's is looked at. */
static struct view forwarded_for(struct exchange *exchange)
{
    struct view list = {NULL, 0};
    for (size_t i = 0; i < exchange->request.header_count; i++) {
        const struct http_header *header = &exchange->headers[i];
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
    const struct server_options *options = &exchange->server->options;
    if (options->trusted_proxy_count == 0)
        return;
    struct request *request = &exchange->request;
    request->address =
        address_of_client(request->address, forwarded_for(exchange), options->trusted_proxies,
                          options->trusted_proxy_count, &exchange->arena);
}

/* Lines that libmicrohttpd 0.9.75 mends or drops silently show in where it left the parts
 * (docs/adr/0003). */
static bool is_mended(struct exchange *exchange, struct view method, struct view version)
{
    if (!exchange->server->layout_known)
        return false;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct guard_layout layout = {
        .method = method,
        .target = view_make(exchange->line_target, exchange->request.target.len),
        .version = version,
        .headers = exchange->headers,
        .header_count = exchange->request.header_count,
        .size_bytes = info != NULL ? info->header_size : 0,
    };
    return !guard_layout_is_plain(&layout);
}

static struct guard_verdict check_head(struct exchange *exchange, struct view method,
                                       struct view version)
{
    if (view_is(method, "CONNECT"))
        return (struct guard_verdict){RESULT_NOT_IMPLEMENTED, NULL};
    if (exchange->verdict.result != RESULT_OK)
        return exchange->verdict;
    if (exchange->header_total > GUARD_HEADERS_MAX)
        return (struct guard_verdict){RESULT_HEADERS_TOO_LARGE, "There are more than 100 headers."};
    if (is_mended(exchange, method, version))
        return (struct guard_verdict){
            RESULT_BAD_REQUEST,
            "The header section holds a bare LF, a folded line, a NUL or an empty name."};
    if (view_is(exchange->request.path, "*") && exchange->request.method != HTTP_OPTIONS)
        return (struct guard_verdict){RESULT_BAD_REQUEST, "The target * is for OPTIONS only."};
    struct guard_head head = {
        .method = method,
        .version = version,
        .authority = exchange->target.authority,
        .headers = exchange->headers,
        .header_count = exchange->request.header_count,
        .max_body_bytes = exchange->server->options.max_body_bytes,
    };
    return guard_head(&head, &exchange->framing);
}

static enum MHD_Result send_reply(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct reply *reply = &exchange->reply;
    if (!deadline_move(&exchange->connection->deadline, DEADLINE_SEND,
                       deadline_now_ms() + SEND_DEADLINE_MS))
        return MHD_NO;
    if (reply->status == 0)
        reply_problem(reply, &exchange->arena, RESULT_INTERNAL, VIEW(""), NULL);
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed))
        reply->close = true;
    exchange->step = EXCHANGE_SENT;
    const struct answer_stamp stamp = stamp_of(exchange);
    return answer_queue(exchange->mhd, &server->policy, reply, &stamp) ? MHD_YES : MHD_NO;
}

static enum MHD_Result open_head(struct exchange *exchange, struct view method, struct view version)
{
    struct request *request = &exchange->request;
    request->method = http_method_of(method);
    (void)MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, collect_header, exchange);
    find_client(exchange);
    struct guard_verdict verdict = check_head(exchange, method, version);
    if (verdict.result != RESULT_OK) {
        exchange->unread = true;
        fill_refusal(exchange, verdict);
        return send_reply(exchange);
    }
    exchange->step = EXCHANGE_BODY;
    bool bodiless = !exchange->framing.chunked && exchange->framing.content_length <= 0;
    if (bodiless)
        return MHD_YES;
    int64_t due_ms = deadline_now_ms() + exchange->server->options.body_deadline_ms;
    return deadline_move(&exchange->connection->deadline, DEADLINE_BODY, due_ms) ? MHD_YES : MHD_NO;
}

/* Room for `need` bytes in all; the announced length at once, else doubling. */
static bool grow_body(struct exchange *exchange, size_t need)
{
    struct exchange_body *body = &exchange->body;
    if (need <= body->capacity)
        return true;
    size_t most = exchange->server->options.max_body_bytes;
    size_t capacity = body->capacity > 0 ? 2 * body->capacity : BODY_FIRST_BYTES;
    if (exchange->framing.content_length > 0)
        capacity = (size_t)exchange->framing.content_length;
    if (capacity < need)
        capacity = need;
    if (capacity > most)
        capacity = most;
    char *grown = arena_take(&exchange->arena, capacity);
    if (grown == NULL)
        return false;
    if (body->len > 0)
        memcpy(grown, body->at, body->len);
    body->at = grown;
    body->capacity = capacity;
    return true;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t *size)
{
    struct exchange_body *body = &exchange->body;
    size_t len = *size;
    *size = 0;
    deadline_received(&exchange->connection->deadline, len);
    if (body->skipped > 0 || len > exchange->server->options.max_body_bytes - body->len) {
        body->skipped += len;
        if (body->skipped <= BODY_SWALLOW_BYTES)
            return MHD_YES;
        refuse_at_once(exchange, too_large);
        return MHD_NO;
    }
    if (!grow_body(exchange, body->len + len))
        return MHD_NO;
    memcpy(body->at + body->len, data, len);
    body->len += len;
    return MHD_YES;
}

static struct exchange *exchange_of(struct lane_job *job)
{
    return (struct exchange *)((char *)job - offsetof(struct exchange, job));
}

static void run_job(struct lane_job *job, void *worker_state)
{
    struct exchange *exchange = exchange_of(job);
    const struct http_app *app = &exchange->server->options.app;
    app->run(app->context, &exchange->request, &exchange->reply, worker_state);
    MHD_resume_connection(exchange->mhd);
}

/* Whoever asked has given up long ago, or the server ends: nothing is begun any more. */
static bool is_too_late(const struct exchange *exchange)
{
    return atomic_load(&exchange->server->ending) ||
           clock_monotonic_us() - exchange->job.queued_us > QUEUE_WAIT_MAX_US;
}

static void turn_away(struct exchange *exchange)
{
    const struct http_app *app = &exchange->server->options.app;
    app->busy(app->context, &exchange->request, &exchange->reply);
    MHD_resume_connection(exchange->mhd);
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
    for (struct lane_job *job = first, *next; job != NULL; job = next) {
        next = job->next;
        job->run = run_job;
        if (alone || !lane_put(lane, job))
            run_job(job, worker_state);
    }
}

static void write_jobs(struct lane_job *first, void *worker_state)
{
    const struct server *server = exchange_of(first)->server;
    const struct http_app *app = &server->options.app;
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

/* Suspended before the lane knows of it: a worker may be done before lane_put returns. */
static enum MHD_Result hand_to_lane(struct exchange *exchange, struct lane *lane,
                                    void (*run)(struct lane_job *job, void *worker_state))
{
    struct server *server = exchange->server;
    const struct http_app *app = &server->options.app;
    if (!deadline_move(&exchange->connection->deadline, DEADLINE_WORK, 0))
        return MHD_NO;
    exchange->step = EXCHANGE_LANE;
    exchange->job.run = run;
    MHD_suspend_connection(exchange->mhd);
    if (!atomic_load(&server->ending) && lane_put(lane, &exchange->job))
        return MHD_YES;
    app->busy(app->context, &exchange->request, &exchange->reply);
    MHD_resume_connection(exchange->mhd);
    return MHD_YES;
}

static enum MHD_Result admit(struct exchange *exchange)
{
    const struct http_app *app = &exchange->server->options.app;
    struct request *request = &exchange->request;
    if (exchange->body.skipped > 0) {
        fill_refusal(exchange, too_large);
        return send_reply(exchange);
    }
    request->body = view_make(exchange->body.at, exchange->body.len);
    struct lane *lane = NULL;
    enum http_step step =
        app->admit(app->context, request, &exchange->reply, exchange->thread->app_state, &lane);
    switch (step) {
    case HTTP_DONE:
        return send_reply(exchange);
    case HTTP_LANE:
        return hand_to_lane(exchange, lane, begin_job);
    case HTTP_GROUP:
        return hand_to_lane(exchange, lane, write_jobs);
    }
    return MHD_NO;
}

enum MHD_Result exchange_on_progress(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **state)
{
    struct exchange *exchange = *state;
    (void)cls, (void)mhd, (void)url;
    if (exchange == NULL)
        return MHD_NO;
    switch (exchange->step) {
    case EXCHANGE_LINE:
        return open_head(exchange, view_of(method), view_of(version));
    case EXCHANGE_BODY:
        return *size > 0 ? take_body(exchange, data, size) : admit(exchange);
    case EXCHANGE_LANE:
        return send_reply(exchange);
    case EXCHANGE_SENT:
        *size = 0;
        return MHD_YES;
    case EXCHANGE_BROKEN:
        break;
    }
    return MHD_NO;
}

static void discard_unread(int fd)
{
    char sink[4096];
    ssize_t got = 1;
    for (size_t total = 0; got > 0 && total < DRAIN_BYTES; total += (size_t)got)
        got = recv(fd, sink, sizeof sink, MSG_DONTWAIT);
}

/* An answer that is not ours: the timer's, libmicrohttpd's own (http_status, 0 when unknown), or
   none because the client has gone. */
static void note_foreign_answer(struct exchange *exchange, unsigned http_status)
{
    bool late = deadline_phase(&exchange->connection->deadline) == DEADLINE_DEAD;
    struct reply *reply = &exchange->reply;
    reply->result = late ? RESULT_REQUEST_TIMEOUT : RESULT_BAD_REQUEST;
    reply->status = late || http_status == 0 ? result_status(reply->result) : (int)http_status;
}

static void end(struct exchange *exchange, unsigned http_status)
{
    const struct server_options *options = &exchange->server->options;
    struct deadline *deadline = &exchange->connection->deadline;
    int64_t now_us = clock_monotonic_us();
    exchange->connection->exchange = NULL;
    if (exchange->reply.status == 0)
        note_foreign_answer(exchange, http_status);
    options->app.finished(options->app.context, &exchange->request, &exchange->reply,
                          now_us - exchange->request.started_us);
    if (exchange->unread)
        discard_unread(deadline->fd);
    /* False when the timer has ended the connection: there is no next request then. */
    (void)!deadline_move(deadline, DEADLINE_IDLE, now_us / US_PER_MS + options->idle_ms);
    give_back(exchange);
}

void exchange_on_end(void *cls, struct MHD_Connection *mhd, void **state,
                     enum MHD_RequestTerminationCode why)
{
    struct exchange *exchange = *state;
    (void)cls, (void)why;
    *state = NULL;
    if (exchange == NULL)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
    end(exchange, info != NULL ? info->http_status : 0);
}

void exchange_abandon(struct connection *connection)
{
    if (connection->exchange != NULL)
        end(connection->exchange, 0);
}
