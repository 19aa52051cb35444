#include "http/io_thread.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/base64url.h"
#include "http/exchange.h"
#include "http/server_state.h"

#define REQUEST_ID_BYTES 16

/* An I/O thread serves one server for all its life. */
static _Thread_local struct io_thread *own;

static struct io_thread *make(struct server *server)
{
    struct io_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) {
        return NULL;
    }
    thread->server = server;
    const struct http_app *app = &server->options.app;
    if (app->thread_open != NULL) {
        thread->app_state = app->thread_open(app->context);
    }
    pthread_mutex_lock(&server->threads_lock);
    thread->next = server->threads;
    server->threads = thread;
    pthread_mutex_unlock(&server->threads_lock);
    return thread;
}

struct io_thread *io_thread_get(struct server *server)
{
    if (own == NULL || own->server != server) {
        own = make(server);
    }
    return own;
}

void io_thread_request_id(struct io_thread *thread, char out[HTTP_REQUEST_ID_SIZE])
{
    if (thread->random_left < REQUEST_ID_BYTES) {
        /* Requests of 256 bytes and less are never cut short (getrandom(2)); larger ones may be. */
        for (size_t filled = 0; filled < sizeof thread->random;) {
            ssize_t got = getrandom(thread->random + filled, 256, 0);
            if (got < 0) {
                abort();
            }
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

void io_thread_free_all(struct server *server)
{
    while (server->threads != NULL) {
        struct io_thread *thread = server->threads;
        server->threads = thread->next;
        exchange_free_spares(thread);
        if (thread->app_state != NULL && server->options.app.thread_close != NULL) {
            server->options.app.thread_close(thread->app_state);
        }
        free(thread);
    }
}
