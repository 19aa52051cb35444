/* The server's inside, shared by the sources of src/http that carry out one request. */
#ifndef LATCHKEY_HTTP_SERVER_STATE_H
#define LATCHKEY_HTTP_SERVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/answer.h"
#include "http/deadline.h"
#include "http/server.h"

struct MHD_Daemon;
struct io_thread;

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct deadline_watch *watch;
    struct answer_policy policy;
    char late_answer[ANSWER_RAW_MAX_BYTES];
    bool layout_known; /* this libmicrohttpd's way of cutting a header section has been measured */
    atomic_bool stopping; /* answers end their connection */
    atomic_bool ending;   /* nothing goes to a lane any more */
    pthread_mutex_t threads_lock;
    struct io_thread *threads;
};

#endif
