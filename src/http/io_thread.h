/* What an I/O thread keeps for itself, so that a request takes no lock: free exchanges, random
   bytes, the application's state. Made on the thread's first request, ended by server_stop when the
   threads are gone. */
#ifndef LATCHKEY_HTTP_IO_THREAD_H
#define LATCHKEY_HTTP_IO_THREAD_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "http/request.h"

struct exchange;
struct server;

#define IO_THREAD_RANDOM_BYTES 1024

struct io_thread {
    struct server *server;
    struct io_thread *next;
    struct exchange *spare; /* linked by their next_spare */
    unsigned spare_count;
    void *app_state;
    unsigned char random[IO_THREAD_RANDOM_BYTES];
    size_t random_left; /* bytes not yet given out */
    int64_t date_s;     /* of date; 0: none yet */
    char date[CLOCK_HTTP_SIZE];
};

/* This thread's own; NULL when out of memory. */
MUST_CHECK struct io_thread *io_thread_get(struct server *server);
/* 16 random bytes in base64url. Aborts when the kernel has no random bytes, as id_new does. */
void io_thread_request_id(struct io_thread *thread, char out[HTTP_REQUEST_ID_SIZE]);
/* Now, as the header Date says it; until the thread asks again. Made once a second: libmicrohttpd
   does it for every answer, under a lock that libc's calendar shares among all threads. */
struct view io_thread_date(struct io_thread *thread);
/* Ends all of the server's, when no I/O thread runs any more. */
void io_thread_free_all(struct server *server);

#endif
