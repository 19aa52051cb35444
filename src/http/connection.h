/* One connection: its socket, what it waits for, the request that is under way. Belongs to one I/O
   thread, which calls all of this. */
#ifndef LATCHKEY_HTTP_CONNECTION_H
#define LATCHKEY_HTTP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "http/address.h"
#include "http/waits.h"

struct exchange;
struct io_thread;
struct sockaddr;

struct connection {
    struct wait wait;
    struct io_thread *thread;
    struct exchange *exchange; /* NULL while nothing of a request has come */
    int fd;
    bool readable;       /* bytes may be waiting: the kernel tells only once */
    bool read_to_end;    /* a short read may not be all: an end or urgent data have been told of */
    bool gone;           /* nothing can be sent any more */
    bool again;          /* among those that the thread serves next */
    struct view rest[2]; /* of the answer: what the kernel has not taken yet */
    size_t discarded_bytes;  /* while it lingers */
    struct connection *next; /* of those to be served again, or on the way to the thread */
    struct connection *next_held;
    char address[ADDRESS_TEXT_SIZE]; /* of the peer */
};

/* Takes an accepted socket (non-blocking) over; NULL, with it closed, when out of memory. It is
   nobody's yet. Any thread. */
MUST_CHECK struct connection *connection_new(int fd, const struct sockaddr *peer);
/* It is the thread's from now on. */
void connection_join(struct io_thread *thread, struct connection *connection);
/* Closes one that no thread has. */
void connection_drop(struct connection *connection);
/* epoll's events have come for it. */
void connection_on_events(struct connection *connection, uint32_t events);
/* Goes on with it as far as that goes without waiting. It may be gone afterwards. */
void connection_run(struct connection *connection);
/* Sends the answers that the thread holds. Any connection may be gone afterwards. */
void connection_send_held(struct io_thread *thread);
/* Its request is back from a lane, with the reply. */
void connection_on_reply(struct connection *connection);
/* It has waited too long. */
void connection_on_overdue(struct connection *connection);
/* Counts what the peer has taken of an answer under way, for waits. */
void connection_count_sent(struct wait *wait);
/* Ends it, whatever is under way but a lane's work. */
void connection_abort(struct connection *connection);

#endif
