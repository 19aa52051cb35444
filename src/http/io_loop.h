/* What the loop of an I/O thread does: it accepts, waits with epoll, lets connections go on, ends
   those that are late. */
#ifndef LATCHKEY_HTTP_IO_LOOP_H
#define LATCHKEY_HTTP_IO_LOOP_H

#include <stdbool.h>

#include "base/attributes.h"

struct io_thread;
struct server;

/* Starts one in memory of zeros. False when the kernel has no more of something. */
MUST_CHECK bool io_loop_start(struct io_thread *thread, struct server *server);
/* Waits until it has ended; server->ending must be set. */
void io_loop_join(struct io_thread *thread);
/* Frees what it has, when none of the server's threads runs any more. */
void io_loop_free(struct io_thread *thread);

#endif
