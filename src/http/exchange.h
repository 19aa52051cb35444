/* One request's life, from its request line to the end of its answer. */
#ifndef LATCHKEY_HTTP_EXCHANGE_H
#define LATCHKEY_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/lane.h"
#include "http/address.h"
#include "http/deadline.h"
#include "http/guard.h"
#include "http/reply.h"
#include "http/request.h"

struct exchange;
struct io_thread;
struct server;

/* One connection: what outlives its requests. */
struct connection {
    struct deadline deadline;
    struct exchange *exchange;       /* under way; NULL between requests */
    char address[ADDRESS_TEXT_SIZE]; /* of the peer */
};

enum exchange_step {
    EXCHANGE_LINE,  /* the request line is there */
    EXCHANGE_BODY,  /* header accepted, body under way */
    EXCHANGE_LANE,  /* with a worker, or back from there: the reply is filled at the next call */
    EXCHANGE_SENT,  /* handed over */
    EXCHANGE_BROKEN /* answered past libmicrohttpd: the connection only has to end */
};

/* The body as it grows; beyond the limit it is counted, not kept. */
struct exchange_body {
    char *at;
    size_t len;
    size_t capacity;
    size_t skipped;
};

struct exchange {
    struct request request;
    struct reply reply;
    struct arena arena;
    struct lane_job job;
    struct server *server;
    struct io_thread *thread;
    struct connection *connection;
    struct MHD_Connection *mhd;
    enum exchange_step step;
    const char *line_target;      /* where libmicrohttpd keeps the target; only an address */
    struct guard_verdict verdict; /* of the target */
    struct guard_target target;
    struct guard_framing framing;
    struct exchange_body body;
    size_t header_total; /* sent by the client; those beyond GUARD_HEADERS_MAX are not kept */
    bool unread;         /* refused with a body under way */
    struct exchange *next_spare;
    struct http_header headers[GUARD_HEADERS_MAX];
};

/* The three callbacks of libmicrohttpd; cls is the struct server. All run on the connection's I/O
 * thread. */
void *exchange_on_line(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result exchange_on_progress(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **state);
void exchange_on_end(void *cls, struct MHD_Connection *mhd, void **state,
                     enum MHD_RequestTerminationCode why);
/* As exchange_on_end for a request that libmicrohttpd dropped without a word; called when its
 * connection closes. */
void exchange_abandon(struct connection *connection);
/* Frees what the thread keeps for later requests. */
void exchange_free_spares(struct io_thread *thread);

#endif
