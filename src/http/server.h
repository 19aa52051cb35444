/* The HTTP front: sockets, strictness, limits, deadlines, hand-off to lanes. Knows no route. */
#ifndef LATCHKEY_HTTP_SERVER_H
#define LATCHKEY_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/lane.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/address.h"
#include "http/reply.h"
#include "http/request.h"

/* What the application makes of a request on the I/O thread. */
enum http_step {
    HTTP_DONE, /* the reply is filled */
    HTTP_LANE, /* run it on *lane */
    HTTP_GROUP /* write it on *lane, together with others, then run it */
};

#define HTTP_GROUP_MAX 64 /* the batch of a lane for groups is no larger */

struct http_app {
    void *context;
    /* On the I/O thread, never blocking: finds the row, checks access, answers or names a lane.
     * thread_state: what thread_open made. */
    enum http_step (*admit)(void *context, struct request *request, struct reply *reply,
                            void *thread_state, struct lane **lane);
    /* On a worker of that lane: fills the reply. */
    void (*run)(void *context, struct request *request, struct reply *reply, void *worker_state);
    /* On a worker of a lane for groups, with those that came meanwhile: what must be done before
       each is run. Gives the lane where they are. NULL when admit never says HTTP_GROUP. */
    struct lane *(*write)(void *context, struct request *const *requests, size_t count,
                          void *worker_state);
    /* Fills the reply for a full lane. */
    void (*busy)(void *context, struct request *request, struct reply *reply);
    /* Fills the reply for what the front itself refuses (guards, limits), before any of the above.
     * request->path is empty when its target could not be read; request->target is as it came.
     * NULL: a problem document says it. */
    void (*refuse)(void *context, const struct request *request, struct reply *reply,
                   enum result result, struct view detail);
    /* Once for every request, refused ones too, when its answer has been handed over (or the client
       has gone): log line, metrics. request->method may be METHOD_UNKNOWN and its fields empty when
       it was refused early. */
    void (*finished)(void *context, const struct request *request, const struct reply *reply,
                     int64_t duration_us);
    /* State of an I/O thread (its store handle), made on first use; may be NULL. */
    void *(*thread_open)(void *context);
    void (*thread_close)(void *thread_state);
};

struct server_options {
    int listen_fd; /* listening, taken: closed by the server, also when it cannot start */
    unsigned io_threads;
    unsigned max_connections;
    size_t max_body_bytes;
    int64_t
        header_deadline_ms;   /* absolute: from the first byte's chance to the end of the header */
    int64_t body_deadline_ms; /* absolute: from the end of the header to the end of the body */
    int64_t idle_ms;          /* between requests of one connection */
    const struct address_network *trusted_proxies;
    size_t trusted_proxy_count;
    bool hsts; /* Strict-Transport-Security on every answer */
    const struct log *log;
    struct metrics *metrics; /* may be NULL */
    struct http_app app;
};

struct server; /* opaque */

#define SERVER_DRAIN_MS INT64_C(10000)

/* Starts the I/O threads; requests are served from now on. NULL with a line in message. options is
 * copied; what it points to is borrowed. */
MUST_CHECK struct server *server_start(const struct server_options *options, char *message,
                                       size_t message_size);
/* Stops accepting, lets requests in flight finish for at most drain_ms, ends the rest, frees. The
 * lanes must still run. */
void server_stop(struct server *server, int64_t drain_ms);

#endif
