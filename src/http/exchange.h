/* One request's life within the server: read, admitted, perhaps handed to a lane, answered. Belongs
   to the I/O thread of its connection, but for the time in a lane: then to the worker. */
#ifndef LATCHKEY_HTTP_EXCHANGE_H
#define LATCHKEY_HTTP_EXCHANGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/lane.h"
#include "http/guard.h"
#include "http/reader.h"
#include "http/reply.h"
#include "http/request.h"

struct connection;
struct io_thread;

struct exchange {
    struct request request;
    struct reply reply;
    struct arena arena;
    struct lane_job job;
    struct io_thread *thread;
    struct connection *connection;
    struct exchange *next; /* among the spare ones, or those back from a lane */
    struct reader reader;
};

/* One of the thread's spare ones or a new one, begun; NULL when out of memory. */
MUST_CHECK struct exchange *exchange_take(struct io_thread *thread, struct connection *connection);
/* Begins the next request of the connection, with what is left in the buffer. */
void exchange_begin(struct exchange *exchange);
/* Wipes and keeps it for later; nothing of it may be used any more. */
void exchange_give_back(struct exchange *exchange);
/* Frees what the thread keeps for later. */
void exchange_free_spares(struct io_thread *thread);

/* Lets the application have the whole request. True: the reply is filled. False: a lane has it;
   io_thread_give_back brings it back with the reply. */
MUST_CHECK bool exchange_admit(struct exchange *exchange);
/* Fills the reply for what the front refuses; the connection ends after it. */
void exchange_refuse(struct exchange *exchange, struct guard_verdict verdict);
/* The answer has been handed over, or nobody is there any more: log line, metrics. */
void exchange_finish(struct exchange *exchange);

#endif
