/* What an I/O thread has for itself (what it does: io_loop.h): its own connections, deadlines,
   buffers and random bytes, so that a request takes no lock. Workers of lanes only give exchanges
   back. */
#ifndef LATCHKEY_HTTP_IO_THREAD_H
#define LATCHKEY_HTTP_IO_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/view.h"
#include "http/request.h"
#include "http/waits.h"

struct connection;
struct exchange;
struct server;

#define IO_THREAD_RANDOM_BYTES 1024
#define IO_THREAD_OUT_BYTES ((size_t)32 * 1024)

struct io_thread {
    struct server *server;
    pthread_t thread;
    int epoll_fd;
    int wake_fd;
    int64_t now_ms; /* of this turn of the loop: monotonic */
    struct waits waits;
    atomic_uint load; /* connections, with those on their way here */
    unsigned count;   /* connections */
    unsigned most;    /* of them at once, since memory was given back */
    bool accepting;   /* epoll tells of new connections */
    int64_t retry_ms; /* accepting failed: when to try again; 0: it did not */
    struct {
        struct connection *first;
        struct connection *last;
    } again; /* to be served before the next wait, in turn */
    struct exchange *spare;
    unsigned spare_count;
    pthread_mutex_t back_lock;
    struct exchange *back;    /* from lanes, newest first; under back_lock */
    struct connection *given; /* accepted by other threads; under back_lock */
    void *app_state;
    bool app_opened;
    size_t random_left; /* bytes not yet given out */
    int64_t date_s;     /* of date; 0: none yet */
    char date[CLOCK_HTTP_SIZE];
    unsigned char random[IO_THREAD_RANDOM_BYTES];
    struct {
        struct connection *first;
        struct connection *last;
        unsigned count;
    } held;                        /* answers written and not sent yet */
    bool more_at_once;             /* there is something else to do before the next wait */
    size_t out_used;               /* by what is held */
    char out[IO_THREAD_OUT_BYTES]; /* the answers that are being written */
};

/* Has it look at the server's state. Any thread. */
void io_thread_wake(struct io_thread *thread);
/* A worker's: the exchange has its reply and is the I/O thread's again. */
void io_thread_give_back(struct io_thread *thread, struct exchange *exchange);

/* All that follows is for the thread itself. */

/* One connection more or less. */
void io_thread_count(struct io_thread *thread, int change);
/* Serves it again when the others have had their turn. */
void io_thread_serve_again(struct io_thread *thread, struct connection *connection);
void io_thread_forget_again(struct io_thread *thread, struct connection *connection);
/* Whether an answer may be held until others are written. */
bool io_thread_may_hold(const struct io_thread *thread);
/* Holds one of so many bytes at out + out_used. False when they are enough and must be sent. */
MUST_CHECK bool io_thread_hold(struct io_thread *thread, struct connection *connection,
                               size_t bytes);
/* What the application keeps for the thread, made on first use. */
void *io_thread_app_state(struct io_thread *thread);
/* 16 random bytes in base64url. Aborts when the kernel has no random bytes, as id_new does. */
void io_thread_request_id(struct io_thread *thread, char out[HTTP_REQUEST_ID_SIZE]);
/* Now, as the header Date says it; until the thread asks again. Made once a second. */
struct view io_thread_date(struct io_thread *thread);

#endif
