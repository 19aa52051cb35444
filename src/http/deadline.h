/* Absolute deadlines for connections: what a peer does slowly is ended on time, however lively it
   looks. libmicrohttpd counts inactivity only (docs/adr/0003). One timer thread sweeps all
   connections; a phase change is one atomic word. When connections run out, those that are quiet
   are ended before their deadline, so that others find room. */
#ifndef LATCHKEY_HTTP_DEADLINE_H
#define LATCHKEY_HTTP_DEADLINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/metrics.h"
#include "base/view.h"

enum deadline_phase {
    DEADLINE_FRESH, /* accepted, no request line yet */
    DEADLINE_IDLE,  /* kept alive, between requests */
    DEADLINE_HEAD,  /* request line seen, header section under way */
    DEADLINE_BODY,
    DEADLINE_WORK, /* the application has it: never ended by the clock */
    DEADLINE_SEND, /* the answer is under way */
    DEADLINE_DEAD  /* ended by the timer */
};

/* One connection; embedded in the owner's structure, which must outlive deadline_add to
 * deadline_remove. */
struct deadline {
    _Atomic uint64_t state;    /* phase in the low bits, due time in ms above */
    _Atomic uint64_t received; /* bytes of bodies so far */
    int fd;
    struct {
        uint64_t state;
        uint64_t bytes;   /* moved by then, in that phase's direction */
        int64_t since_ms; /* when the state was new, or the last kilobyte had moved */
    } seen;               /* by the timer, while there is a crowd */
    struct deadline *previous;
    struct deadline *next;
};

struct deadline_options {
    int64_t fresh_ms;             /* from accept to the end of the header */
    int64_t idle_ms;              /* between requests */
    unsigned crowd;               /* from so many on, connections that are quiet are ended early */
    unsigned full;                /* so many there can be: still earlier */
    struct view late_answer;      /* sent before a late request's connection ends; borrowed */
    struct metrics_counter *late; /* may be NULL */
    struct metrics_counter *connections; /* gauge; may be NULL */
};

struct deadline_watch; /* opaque; thread-safe */

/* Starts the timer. NULL when there is no memory or thread for it. */
MUST_CHECK struct deadline_watch *deadline_watch_new(const struct deadline_options *options);
/* Ends the timer. No connection may be left. NULL is fine. */
void deadline_watch_free(struct deadline_watch *watch);
/* Begins to watch fd, in phase FRESH. */
void deadline_add(struct deadline_watch *watch, struct deadline *deadline, int fd, int64_t now_ms);
/* Call before fd is closed: afterwards the number may be another connection's. */
void deadline_remove(struct deadline_watch *watch, struct deadline *deadline);
/* The next phase and when it must be over (ms, monotonic; unused for WORK). False when the timer
   has ended the connection: nothing may be answered any more. Only the connection's own thread
   calls it. */
MUST_CHECK bool deadline_move(struct deadline *deadline, enum deadline_phase phase, int64_t due_ms);
/* To HEAD: a kept-alive connection's request is due at due_ms; a fresh one's deadline runs since
 * accept. */
MUST_CHECK bool deadline_begin_request(struct deadline *deadline, int64_t due_ms);
/* So many bytes of a body have come. The connection's own thread. */
void deadline_received(struct deadline *deadline, size_t bytes);
enum deadline_phase deadline_phase(const struct deadline *deadline);
/* From now on connections without a request are ended. Waits until there are none at all, at most
 * wait_ms. */
void deadline_drain(struct deadline_watch *watch, int64_t wait_ms);
/* Waits, without limit, until no connection is in phase WORK. */
void deadline_await_work(struct deadline_watch *watch);
/* Monotonic milliseconds, the clock of due_ms. */
int64_t deadline_now_ms(void);

#endif
