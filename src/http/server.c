#include "http/server.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/exchange.h"
#include "http/io_thread.h"
#include "http/server_state.h"

/* For one connection's header, its parsed headers and query, cookies once more, and what
   libmicrohttpd reads ahead of a body. The library wipes all of it, and half of it once more, after
   each request, so every connection that was used once holds so much. */
#define POOL_BYTES ((size_t)24 * 1024)
/* Descriptors that are not connections: database, log, epoll, event and listening sockets. */
#define DESCRIPTORS_KEPT 128
/* Whose header layout guard_layout_is_plain knows. */
#define MEASURED_VERSION "0.9.75"
#define CONNECTIONS_LEAST 16
#define CONNECTIONS_DEFAULT 4096

static void forget_connection(struct server *server, struct connection *connection)
{
    if (connection == NULL)
        return;
    exchange_abandon(connection);
    deadline_remove(server->watch, &connection->deadline);
    free(connection);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        forget_connection(server, *context);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct connection *connection = socket != NULL ? calloc(1, sizeof *connection) : NULL;
    *context = connection;
    if (connection == NULL)
        return;
    int fd = socket->connect_fd;
    (void)address_format(peer != NULL ? peer->client_addr : NULL, connection->address);
    deadline_add(server->watch, &connection->deadline, fd, deadline_now_ms());
}

/* As many connections as there can be descriptors: at its own limit libmicrohttpd waits, at the
 * kernel's it fails. */
static unsigned fit_connections(const struct server_options *options)
{
    unsigned wanted = options->max_connections > 0 ? options->max_connections : CONNECTIONS_DEFAULT;
    rlim_t need = (rlim_t)wanted + DESCRIPTORS_KEPT;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
        return wanted;
    limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= need)
        return wanted;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t fits = limit.rlim_cur > DESCRIPTORS_KEPT + CONNECTIONS_LEAST
                      ? limit.rlim_cur - DESCRIPTORS_KEPT
                      : CONNECTIONS_LEAST;
    log_message(options->log, LOG_WARNING, "connections_limited",
                "%u connections need more descriptors than the %llu allowed; serving %llu", wanted,
                (unsigned long long)limit.rlim_cur, (unsigned long long)fits);
    return (unsigned)fits;
}

static void write_late_answer(struct server *server)
{
    struct arena arena;
    struct reply reply = {.status = 0};
    struct builder b;
    struct view text;
    arena_init(&arena, 0);
    reply_problem(&reply, &arena, RESULT_REQUEST_TIMEOUT, VIEW(""), NULL);
    builder_init_fixed(&b, server->late_answer, sizeof server->late_answer);
    answer_write(&b, &server->policy, &reply, &(struct answer_stamp){.date = {NULL, 0}});
    if (!builder_end(&b, &text))
        text = VIEW("");
    server->late_answer[text.len] = '\0';
    arena_clear(&arena);
}

static bool start_watch(struct server *server)
{
    const struct server_options *options = &server->options;
    struct metrics *metrics = options->metrics;
    unsigned threads = options->io_threads > 0 ? options->io_threads : 1;
    struct deadline_options watch = {
        .fresh_ms = options->header_deadline_ms,
        .idle_ms = options->idle_ms,
        .crowd = options->max_connections - options->max_connections / 8,
        /* Each thread takes an equal part, without the remainder. */
        .full = options->max_connections - options->max_connections % threads,
        .late_answer = view_of(server->late_answer),
    };
    if (metrics != NULL) {
        watch.late = metrics_counter_get(metrics, "latchkey_http_timeouts_total",
                                         "Requests that took too long to arrive", "");
        watch.connections =
            metrics_gauge_get(metrics, "latchkey_http_connections", "Open client connections", "");
    }
    server->watch = deadline_watch_new(&watch);
    return server->watch != NULL;
}

static bool start_daemon(struct server *server)
{
    const struct server_options *options = &server->options;
    const struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, options->listen_fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->max_connections, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_BYTES, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_on_line, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_on_end, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, server},
#if MHD_VERSION >= 0x00097701
        /* Bare LF, folded lines and the like are refused: see docs/adr/0003. */
        {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL},
#else
        /* Lax: what it would drop without an answer, our guards refuse with one. */
        {MHD_OPTION_STRICT_FOR_CLIENT, -1, NULL},
#endif
        /* A pool of one thread would be a second thread that only waits. */
        {options->io_threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
         (intptr_t)options->io_threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_on_progress, server,
                                      MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    return server->daemon != NULL;
}

/* Signals are the main thread's: what is started here inherits a full mask. */
static bool start_threads(struct server *server)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = start_watch(server) && start_daemon(server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void destroy(struct server *server)
{
    deadline_watch_free(server->watch);
    pthread_mutex_destroy(&server->threads_lock);
    free(server);
}

struct server *server_start(const struct server_options *options, char *message,
                            size_t message_size)
{
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        close(options->listen_fd);
        snprintf(message, message_size, "out of memory");
        return NULL;
    }
    server->options = *options;
    server->options.max_connections = fit_connections(options);
    server->layout_known = strcmp(MHD_get_version(), MEASURED_VERSION) == 0;
    server->policy.hsts = options->hsts;
    pthread_mutex_init(&server->threads_lock, NULL);
    write_late_answer(server);
    if (start_threads(server))
        return server;
    snprintf(message, message_size, "the HTTP server cannot start: no memory or threads for it");
    close(options->listen_fd);
    destroy(server);
    return NULL;
}

void server_stop(struct server *server, int64_t drain_ms)
{
    if (server == NULL)
        return;
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    /* Refuses new connections at once; the number stays taken while a thread may still use it. */
    if (listening != MHD_INVALID_SOCKET)
        (void)shutdown(listening, SHUT_RDWR);
    atomic_store(&server->stopping, true);
    deadline_drain(server->watch, drain_ms);
    atomic_store(&server->ending, true);
    deadline_await_work(server->watch);
    MHD_stop_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    io_thread_free_all(server);
    destroy(server);
}
