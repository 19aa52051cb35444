/* The server's inside, shared by the sources of src/http that carry out one request. */
#ifndef LATCHKEY_HTTP_SERVER_STATE_H
#define LATCHKEY_HTTP_SERVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/answer.h"
#include "http/io_thread.h"
#include "http/server.h"
#include "http/waits.h"

struct server {
    struct server_options options;
    struct answer_policy policy;
    unsigned connections_a_thread;       /* there may be at most */
    unsigned crowd;                      /* connections from which on quiet ones are ended early */
    unsigned full;                       /* as many as there can be: still earlier */
    atomic_uint count;                   /* connections of all threads */
    atomic_bool stopping;                /* answers end their connection */
    atomic_bool ending;                  /* nothing goes to a lane any more */
    struct metrics_counter *late;        /* requests that took too long to arrive; may be NULL */
    struct metrics_counter *connections; /* gauge; may be NULL */
    pthread_mutex_t lock;
    pthread_cond_t emptied;   /* there is no connection any more */
    atomic_uint thread_count; /* started: a running one may wake the others meanwhile */
    struct io_thread *threads;
};

/* Has all I/O threads look at its state. Any thread. */
void server_wake_all(struct server *server);
/* One connection more or less. Any I/O thread. */
void server_count(struct server *server, int change);
/* How many connections there are, and whether it stops. Any I/O thread. */
enum wait_pressure server_pressure(const struct server *server);

#endif
