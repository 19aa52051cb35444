/* The HTTP front with an application that only echoes, for raw-socket tests and load.
   http_probe [HOST:PORT [MAX_CONNECTIONS [HEADER_DEADLINE_MS [BODY_DEADLINE_MS [IO_THREADS]]]]]
   Prints "listening HOST:PORT"; stops in order on SIGTERM or SIGINT. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/builder.h"
#include "http/listen.h"
#include "http/router.h"
#include "http/server.h"

#define ECHO_MAX_BYTES ((size_t)1024 * 1024)
#define SLOW_MS 20
#define NS_PER_MS 1000000

static const char constant[] =
    "{\"id\":\"01936f7e-1c2b-7d3e-8a4f-5b6c7d8e9f00\",\"number\":1,\"username\":\"root\","
    "\"email\":\"root@example.com\",\"name\":\"Root\",\"age\":null,\"roles\":[\"admin\"],"
    "\"status\":\"active\",\"created_at\":\"2026-01-01T00:00:00.000Z\"}";

struct probe {
    struct router *router;
    struct lane *lane;
};

enum operation { CONSTANT, ECHO, SLOW };
static const enum operation operations[] = {CONSTANT, ECHO, SLOW};

static const struct route routes[] = {
    {METHOD_GET, "/constant", &operations[CONSTANT], NULL},
    {METHOD_GET, "/health/live", &operations[CONSTANT], NULL},
    {METHOD_POST, "/v1/auth/login", &operations[ECHO], NULL},
    {METHOD_GET, "/echo", &operations[ECHO], NULL},
    {METHOD_POST, "/echo", &operations[ECHO], NULL},
    {METHOD_GET, "/echo/{name}", &operations[ECHO], NULL},
    {METHOD_DELETE, "/echo/{name}", &operations[ECHO], NULL},
    {METHOD_GET, "/slow", &operations[SLOW], NULL},
    {METHOD_POST, "/slow", &operations[SLOW], NULL},
};

static void fill_echo(struct request *request, struct reply *reply)
{
    struct builder b;
    builder_init(&b, request->arena, ECHO_MAX_BYTES);
    builder_text(&b, "{\"method\":");
    builder_json(&b, view_of(http_method_name(request->method)));
    builder_text(&b, ",\"path\":");
    builder_json(&b, request->path);
    builder_text(&b, ",\"query\":");
    builder_json(&b, request->query);
    builder_text(&b, ",\"name\":");
    builder_json(&b, request->params[0]);
    builder_text(&b, ",\"address\":");
    builder_json(&b, request->address);
    builder_text(&b, ",\"body_bytes\":");
    builder_int(&b, (int64_t)request->body.len);
    builder_char(&b, '}');
    reply->status = result_status(RESULT_OK);
    reply->content_type = "application/json";
    if (!builder_end(&b, &reply->body))
        reply_problem(reply, request->arena, RESULT_INTERNAL, VIEW(""), NULL);
}

static void answer_here(struct request *request, struct reply *reply, enum operation operation)
{
    if (operation == ECHO) {
        fill_echo(request, reply);
        return;
    }
    reply->status = result_status(RESULT_OK);
    reply->content_type = "application/json";
    reply->body = VIEW(constant);
}

static void refuse(const struct probe *probe, struct request *request, struct reply *reply,
                   enum router_outcome outcome)
{
    struct view allow = router_allow(probe->router, request);
    if (outcome == ROUTER_OPTIONS || outcome == ROUTER_NO_METHOD)
        reply_header(reply, "Allow", allow);
    if (outcome == ROUTER_OPTIONS) {
        reply->status = result_status(RESULT_NO_CONTENT);
        return;
    }
    enum result result = outcome == ROUTER_NO_PATH     ? RESULT_NOT_FOUND
                         : outcome == ROUTER_NO_METHOD ? RESULT_METHOD_NOT_ALLOWED
                                                       : RESULT_BAD_REQUEST;
    reply_problem(reply, request->arena, result, VIEW(""), NULL);
}

static enum http_step admit(void *context, struct request *request, struct reply *reply,
                            void *thread_state, struct lane **lane)
{
    struct probe *probe = context;
    (void)thread_state;
    const void *operation = NULL;
    enum router_outcome outcome = router_find(probe->router, request, &operation);
    if (outcome != ROUTER_FOUND) {
        refuse(probe, request, reply, outcome);
        return HTTP_DONE;
    }
    enum operation chosen = *(const enum operation *)operation;
    if (chosen == SLOW) {
        *lane = probe->lane;
        return HTTP_LANE;
    }
    answer_here(request, reply, chosen);
    return HTTP_DONE;
}

static void run(void *context, struct request *request, struct reply *reply, void *worker_state)
{
    (void)context, (void)worker_state;
    struct timespec pause = {.tv_nsec = SLOW_MS * NS_PER_MS};
    nanosleep(&pause, NULL); /* the work */
    fill_echo(request, reply);
}

static void busy(void *context, struct request *request, struct reply *reply)
{
    (void)context;
    reply_header(reply, "Retry-After", VIEW("1"));
    reply_problem(reply, request->arena, RESULT_BUSY, VIEW(""), NULL);
}

static void finished(void *context, const struct request *request, const struct reply *reply,
                     int64_t duration_us)
{
    (void)context, (void)request, (void)reply, (void)duration_us;
}

static int serve(struct probe *probe, int argc, char **argv, int fd)
{
    char message[256] = "";
    struct server_options options = {
        .listen_fd = fd,
        .io_threads = argc > 5 ? (unsigned)atoi(argv[5]) : 1,
        .max_connections = argc > 2 ? (unsigned)atoi(argv[2]) : 1024,
        .max_body_bytes = (size_t)64 * 1024,
        .header_deadline_ms = argc > 3 ? atoi(argv[3]) : 2000,
        .body_deadline_ms = argc > 4 ? atoi(argv[4]) : 2000,
        .idle_ms = 10000,
        .app = {.context = probe, .admit = admit, .run = run, .busy = busy, .finished = finished},
    };
    struct server *server = server_start(&options, message, sizeof message);
    if (server == NULL) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    sigset_t ends;
    int signal = 0;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    while (sigwait(&ends, &signal) != 0)
        continue;
    server_stop(server, SERVER_DRAIN_MS);
    return 0;
}

int main(int argc, char **argv)
{
    char address[LISTEN_ADDRESS_SIZE];
    char message[256] = "";
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    int fd =
        listen_open(view_of(argc > 1 ? argv[1] : "127.0.0.1:0"), address, message, sizeof message);
    struct probe probe = {.router = router_new(routes, ARRAY_LEN(routes), message, sizeof message)};
    struct lane_options lane = {.name = "probe", .workers = 4, .capacity = 64};
    probe.lane = lane_new(&lane);
    if (fd < 0 || probe.router == NULL || probe.lane == NULL) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    printf("listening %s\n", address);
    fflush(stdout);
    int code = serve(&probe, argc, argv, fd);
    lane_free(probe.lane);
    router_free(probe.router);
    return code;
}
