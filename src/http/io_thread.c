#include "http/io_thread.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/base64url.h"
#include "http/connection.h"
#include "http/exchange.h"
#include "http/server_state.h"

#define REQUEST_ID_BYTES 16
/* Answers written before the first of them is sent, and the room that one more should find. */
#define HELD_MAX 8
#define HELD_ROOM_BYTES ((size_t)8 * 1024)

void io_thread_count(struct io_thread *thread, int change)
{
    thread->count += (unsigned)change;
    if (change < 0)
        atomic_fetch_sub(&thread->load, 1); /* it was added when it was accepted */
    thread->most = thread->count > thread->most ? thread->count : thread->most;
}

void io_thread_serve_again(struct io_thread *thread, struct connection *connection)
{
    if (connection->again)
        return;
    connection->again = true;
    connection->next = NULL;
    if (thread->again.last != NULL)
        thread->again.last->next = connection;
    else
        thread->again.first = connection;
    thread->again.last = connection;
}

void io_thread_forget_again(struct io_thread *thread, struct connection *connection)
{
    if (!connection->again)
        return;
    struct connection *before = NULL;
    for (struct connection *at = thread->again.first; at != connection; at = at->next)
        before = at;
    if (before != NULL)
        before->next = connection->next;
    else
        thread->again.first = connection->next;
    if (thread->again.last == connection)
        thread->again.last = before;
    connection->again = false;
}

bool io_thread_may_hold(const struct io_thread *thread)
{
    return thread->more_at_once || thread->held.count > 0;
}

bool io_thread_hold(struct io_thread *thread, struct connection *connection, size_t bytes)
{
    connection->next_held = NULL;
    if (thread->held.last != NULL)
        thread->held.last->next_held = connection;
    else
        thread->held.first = connection;
    thread->held.last = connection;
    thread->held.count++;
    thread->out_used += bytes;
    return thread->held.count < HELD_MAX &&
           sizeof thread->out - thread->out_used >= HELD_ROOM_BYTES;
}

void *io_thread_app_state(struct io_thread *thread)
{
    const struct http_app *app = &thread->server->options.app;
    if (!thread->app_opened && app->thread_open != NULL)
        thread->app_state = app->thread_open(app->context);
    thread->app_opened = true;
    return thread->app_state;
}

void io_thread_request_id(struct io_thread *thread, char out[HTTP_REQUEST_ID_SIZE])
{
    if (thread->random_left < REQUEST_ID_BYTES) {
        /* Requests of 256 bytes and less are never cut short (getrandom(2)); larger ones may be. */
        for (size_t filled = 0; filled < sizeof thread->random;) {
            ssize_t got = getrandom(thread->random + filled, 256, 0);
            if (got < 0)
                abort();
            filled += (size_t)got;
        }
        thread->random_left = sizeof thread->random;
    }
    thread->random_left -= REQUEST_ID_BYTES;
    size_t len = base64url_encode(thread->random + thread->random_left, REQUEST_ID_BYTES, out);
    out[len] = '\0';
}

struct view io_thread_date(struct io_thread *thread)
{
    int64_t now_s = time(NULL);
    if (now_s != thread->date_s) {
        thread->date_s = now_s;
        clock_format_http(now_s * MS_PER_SECOND, thread->date);
    }
    return view_make(thread->date, CLOCK_HTTP_SIZE - 1);
}

/* Nobody reads the counter: epoll is edge-triggered, and each addition is an edge. */
void io_thread_wake(struct io_thread *thread)
{
    const uint64_t one = 1;
    ssize_t written = write(thread->wake_fd, &one, sizeof one);
    (void)written; /* an 8-byte addition can only fail at 2^64 */
}

/* The wake-up is under the lock: when the thread has taken the exchange, the worker is done with
   the thread's memory. */
void io_thread_give_back(struct io_thread *thread, struct exchange *exchange)
{
    pthread_mutex_lock(&thread->back_lock);
    bool first = thread->back == NULL;
    exchange->next = thread->back;
    thread->back = exchange;
    if (first)
        io_thread_wake(thread);
    pthread_mutex_unlock(&thread->back_lock);
}
