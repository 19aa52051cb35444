#include "http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/io_loop.h"
#include "http/server_state.h"

/* Descriptors that are not connections: database, log, epoll, event and listening sockets. */
#define DESCRIPTORS_KEPT 128
#define CONNECTIONS_LEAST 16
#define NS_PER_MS 1000000

/* --- starting --------------------------------------------------------------------------------- */

/* As many connections as there can be descriptors: at our limit a new one waits, at the kernel's
   accepting fails. */
static unsigned fit_connections(const struct server_options *options)
{
    unsigned wanted = options->max_connections;
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

static void set_limits(struct server *server)
{
    struct server_options *options = &server->options;
    options->max_connections = fit_connections(options);
    if (options->io_threads > options->max_connections)
        options->io_threads = options->max_connections;
    if (options->io_threads == 0)
        options->io_threads = 1;
    /* Each thread takes an equal part, without the remainder. */
    server->connections_a_thread = options->max_connections / options->io_threads;
    server->full = server->connections_a_thread * options->io_threads;
    server->crowd = server->full - server->full / 8;
}

static void open_metrics(struct server *server)
{
    struct metrics *metrics = server->options.metrics;
    if (metrics == NULL)
        return;
    server->late = metrics_counter_get(metrics, "latchkey_http_timeouts_total",
                                       "Requests that took too long to arrive", "");
    server->connections =
        metrics_gauge_get(metrics, "latchkey_http_connections", "Open client connections", "");
}

/* Ends what has been started, in any state. */
static void end_threads(struct server *server)
{
    atomic_store(&server->stopping, true);
    atomic_store(&server->ending, true);
    server_wake_all(server);
    /* All before the first is freed: they give each other connections and wake each other. */
    for (unsigned i = 0; i < server->thread_count; i++)
        io_loop_join(&server->threads[i]);
    for (unsigned i = 0; i < server->thread_count; i++)
        io_loop_free(&server->threads[i]);
    server->thread_count = 0;
}

/* Signals are the main thread's: what is started here inherits a full mask. */
static bool start_threads(struct server *server)
{
    sigset_t all;
    sigset_t before;
    unsigned wanted = server->options.io_threads;
    server->threads = calloc(wanted, sizeof *server->threads);
    if (server->threads == NULL)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (server->thread_count < wanted &&
           io_loop_start(&server->threads[server->thread_count], server))
        server->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return server->thread_count == wanted;
}

static void init_lock(struct server *server)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->emptied, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&server->lock, NULL);
}

static void destroy(struct server *server)
{
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->emptied);
    (void)close(server->options.listen_fd);
    free(server->threads);
    free(server);
}

struct server *server_start(const struct server_options *options, char *message,
                            size_t message_size)
{
    const int on = 1;
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        close(options->listen_fd);
        snprintf(message, message_size, "out of memory");
        return NULL;
    }
    server->options = *options;
    set_limits(server);
    answer_init_policy(&server->policy, options->hsts);
    init_lock(server);
    open_metrics(server);
    /* Connections inherit both: an answer leaves as it is written. */
    (void)setsockopt(options->listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Of urgent data HTTP knows nothing: it is read with the rest. */
    (void)setsockopt(options->listen_fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
    if (start_threads(server))
        return server;
    snprintf(message, message_size, "the HTTP server cannot start: no memory or threads for it");
    end_threads(server);
    destroy(server);
    return NULL;
}

/* --- stopping --------------------------------------------------------------------------------- */

static struct timespec in_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + ms % MS_PER_SECOND * NS_PER_MS;
    at.tv_sec += ms / MS_PER_SECOND + ns / (MS_PER_SECOND * NS_PER_MS);
    at.tv_nsec = ns % (MS_PER_SECOND * NS_PER_MS);
    return at;
}

static void await_emptied(struct server *server, int64_t wait_ms)
{
    struct timespec until = in_ms(wait_ms);
    int late = 0;
    pthread_mutex_lock(&server->lock);
    while (atomic_load(&server->count) > 0 && late == 0)
        late = pthread_cond_timedwait(&server->emptied, &server->lock, &until);
    pthread_mutex_unlock(&server->lock);
}

void server_stop(struct server *server, int64_t drain_ms)
{
    if (server == NULL)
        return;
    /* Refuses new connections at once; the number stays taken while a thread may still use it. */
    (void)shutdown(server->options.listen_fd, SHUT_RDWR);
    atomic_store(&server->stopping, true);
    server_wake_all(server);
    await_emptied(server, drain_ms);
    end_threads(server);
    destroy(server);
}
