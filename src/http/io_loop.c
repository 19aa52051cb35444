#include "http/io_loop.h"

#include <errno.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection.h"
#include "http/exchange.h"
#include "http/server_state.h"

#define EVENTS_MAX 128
/* In one turn, so that everybody has one soon. */
#define ACCEPTS_MAX 16
#define AGAIN_MAX 32
#define ACCEPT_RETRY_MS 100
/* A client that does not read its answer holds memory for so long at most. */
#define SEND_DEADLINE_MS 60000
#define LINGER_MS 2000
/* When so many connections have gone, what they took is given back. */
#define GIVE_BACK_FEWER 256

/* --- accepting -------------------------------------------------------------------------------- */

static void set_accepting(struct io_thread *thread, bool wanted)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = thread->server};
    if (thread->accepting == wanted)
        return;
    thread->accepting = wanted;
    if (epoll_ctl(thread->epoll_fd, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
                  thread->server->options.listen_fd, &event) != 0) {
        thread->accepting = false;
        thread->retry_ms = thread->now_ms + ACCEPT_RETRY_MS;
    }
}

/* Each thread takes an equal part of the connections there may be; beyond it new ones wait in the
   kernel's queue. */
static void adjust_accepting(struct io_thread *thread)
{
    const struct server *server = thread->server;
    bool stopping = atomic_load(&server->stopping);
    if (thread->retry_ms <= thread->now_ms)
        thread->retry_ms = 0;
    set_accepting(thread, !stopping && thread->retry_ms == 0 &&
                              atomic_load(&thread->load) < server->connections_a_thread);
}

/* The kernel wakes always the same of threads that sleep, so one of them would have all that come
   one by one: who accepts gives to the one that has the fewest. */
static struct io_thread *least_loaded(struct io_thread *self)
{
    struct server *server = self->server;
    struct io_thread *least = self;
    unsigned least_load = atomic_load_explicit(&self->load, memory_order_relaxed);
    unsigned threads = atomic_load(&server->thread_count);
    for (unsigned i = 0; i < threads; i++) {
        unsigned load = atomic_load_explicit(&server->threads[i].load, memory_order_relaxed);
        if (load < least_load) {
            least = &server->threads[i];
            least_load = load;
        }
    }
    return least;
}

static void give(struct io_thread *thread, struct connection *connection)
{
    pthread_mutex_lock(&thread->back_lock);
    connection->next = thread->given;
    thread->given = connection;
    io_thread_wake(thread);
    pthread_mutex_unlock(&thread->back_lock);
}

static void accept_one(struct io_thread *thread, int fd, const struct sockaddr *peer)
{
    struct connection *connection = connection_new(fd, peer);
    struct io_thread *owner = least_loaded(thread);
    if (connection == NULL)
        return;
    atomic_fetch_add(&owner->load, 1);
    if (owner == thread)
        connection_join(thread, connection);
    else
        give(owner, connection);
}

static void accept_some(struct io_thread *thread)
{
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        if (atomic_load(&thread->load) >= thread->server->connections_a_thread)
            break;
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        int fd = accept4(thread->server->options.listen_fd, (struct sockaddr *)&peer, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            /* Descriptors or memory are short: epoll would tell of the same one at once again. */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                thread->retry_ms = thread->now_ms + ACCEPT_RETRY_MS;
            break;
        }
        accept_one(thread, fd, (const struct sockaddr *)&peer);
    }
}

/* --- what others have put here ---------------------------------------------------------------- */

/* In the order in which they came. */
static void answer_back(struct io_thread *thread, struct exchange *newest)
{
    struct exchange *oldest = NULL;
    for (struct exchange *exchange = newest, *next; exchange != NULL; exchange = next) {
        next = exchange->next;
        exchange->next = oldest;
        oldest = exchange;
    }
    for (struct exchange *exchange = oldest, *next; exchange != NULL; exchange = next) {
        next = exchange->next;
        thread->more_at_once = next != NULL;
        connection_on_reply(exchange->connection);
    }
    connection_send_held(thread);
}

/* What workers and other threads have put here. */
static void take_deliveries(struct io_thread *thread)
{
    pthread_mutex_lock(&thread->back_lock);
    struct exchange *back = thread->back;
    struct connection *given = thread->given;
    thread->back = NULL;
    thread->given = NULL;
    pthread_mutex_unlock(&thread->back_lock);
    answer_back(thread, back);
    for (struct connection *next; given != NULL; given = next) {
        next = given->next;
        connection_join(thread, given);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Those that have waited longest for their next turn. */
static void run_again(struct io_thread *thread)
{
    for (unsigned i = 0; i < AGAIN_MAX && thread->again.first != NULL; i++) {
        struct connection *connection = thread->again.first;
        io_thread_forget_again(thread, connection);
        connection_run(connection);
    }
}

static void end_overdue(struct io_thread *thread)
{
    struct wait *wait;
    while ((wait = waits_overdue(&thread->waits, server_pressure(thread->server),
                                 thread->now_ms)) != NULL)
        connection_on_overdue((struct connection *)wait);
}

/* The server ends: nobody is waited for but the workers. */
static void abort_all(struct io_thread *thread)
{
    for (enum wait_kind kind = 0; kind < WAIT_KINDS; kind++)
        while (kind != WAIT_WORK && thread->waits.first[kind] != NULL)
            connection_abort((struct connection *)thread->waits.first[kind]);
}

/* The C library gives back only the end of its heap by itself, and connections lie all over it. */
static void give_memory_back(struct io_thread *thread)
{
    if (thread->most < thread->count + GIVE_BACK_FEWER || thread->count > thread->most / 2)
        return;
    (void)malloc_trim(0);
    thread->most = thread->count;
}

static int sleep_ms(const struct io_thread *thread)
{
    int ms = waits_sleep_ms(&thread->waits, server_pressure(thread->server), thread->now_ms);
    if (thread->again.first != NULL)
        return 0;
    if (thread->retry_ms > 0 && (ms < 0 || ms > ACCEPT_RETRY_MS))
        return ACCEPT_RETRY_MS;
    return ms;
}

static void serve(struct io_thread *thread, const struct epoll_event *events, int count)
{
    bool woken = false;
    for (int i = 0; i < count; i++) {
        void *of = events[i].data.ptr;
        thread->more_at_once = i + 1 < count;
        if (of == thread)
            woken = true;
        else if (of == thread->server)
            accept_some(thread);
        else
            connection_on_events(of, events[i].events);
    }
    connection_send_held(thread);
    if (woken)
        take_deliveries(thread);
}

static void turn(struct io_thread *thread)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(thread->epoll_fd, events, EVENTS_MAX, sleep_ms(thread));
    thread->now_ms = clock_monotonic_us() / US_PER_MS;
    serve(thread, events, count);
    run_again(thread);
    end_overdue(thread);
    if (atomic_load(&thread->server->ending))
        abort_all(thread);
    adjust_accepting(thread);
    give_memory_back(thread);
}

static void *run(void *context)
{
    struct io_thread *thread = context;
    while (!atomic_load(&thread->server->ending) || thread->count > 0)
        turn(thread);
    return NULL;
}

/* --- start and end ---------------------------------------------------------------------------- */

void io_loop_free(struct io_thread *thread)
{
    const struct http_app *app = &thread->server->options.app;
    for (struct connection *given = thread->given, *next; given != NULL; given = next) {
        next = given->next; /* accepted at the very end */
        connection_drop(given);
    }
    exchange_free_spares(thread);
    if (thread->app_state != NULL && app->thread_close != NULL)
        app->thread_close(thread->app_state);
    if (thread->epoll_fd >= 0)
        (void)close(thread->epoll_fd);
    if (thread->wake_fd >= 0)
        (void)close(thread->wake_fd);
    pthread_mutex_destroy(&thread->back_lock);
}

static bool watch_wake(struct io_thread *thread)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = thread};
    return thread->epoll_fd >= 0 && thread->wake_fd >= 0 &&
           epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, thread->wake_fd, &event) == 0;
}

bool io_loop_start(struct io_thread *thread, struct server *server)
{
    const struct server_options *options = &server->options;
    thread->server = server;
    thread->now_ms = clock_monotonic_us() / US_PER_MS;
    thread->waits.refresh = connection_count_sent;
    thread->waits.limit_ms[WAIT_FRESH] = options->header_deadline_ms;
    thread->waits.limit_ms[WAIT_HEAD] = options->header_deadline_ms;
    thread->waits.limit_ms[WAIT_IDLE] = options->idle_ms;
    thread->waits.limit_ms[WAIT_BODY] = options->body_deadline_ms;
    thread->waits.limit_ms[WAIT_SEND] = SEND_DEADLINE_MS;
    thread->waits.limit_ms[WAIT_LINGER] = LINGER_MS;
    pthread_mutex_init(&thread->back_lock, NULL);
    thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watch_wake(thread)) {
        adjust_accepting(thread);
        if (thread->accepting && pthread_create(&thread->thread, NULL, run, thread) == 0)
            return true;
    }
    io_loop_free(thread);
    return false;
}

void io_loop_join(struct io_thread *thread)
{
    pthread_join(thread->thread, NULL);
}
