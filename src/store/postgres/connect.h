/* Connecting in a thread of its own, so that whoever waits for it can give up: names are looked up
   without a time limit, and a host that hangs takes its whole time-out. */
#ifndef LATCHKEY_STORE_POSTGRES_CONNECT_H
#define LATCHKEY_STORE_POSTGRES_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libpq-fe.h>

#include "base/attributes.h"
#include "store/postgres/url.h"

#define CONNECT_MESSAGE_SIZE 512

struct postgres_connecting; /* opaque */

/* Starts to connect, host by host until one takes us; one that is slow to answer does not hold up
   the next. NULL when there is no memory or no thread. */
MUST_CHECK struct postgres_connecting *postgres_connect_start(struct postgres_url *url);
/* Waits until that instant (clock_monotonic_us). False: still under way, wait again or drop it.
   True: it is over and freed; *out is the connection, in non-blocking mode, or NULL, and message
   says in one line why, for the operator: no password stands in it. */
MUST_CHECK bool postgres_connect_wait(struct postgres_connecting *connecting, int64_t until_us,
                                      PGconn **out, char message[CONNECT_MESSAGE_SIZE]);
/* Gives it up, and waits a moment for its thread to end; one that does not (the look-up of a name)
   frees all when it is over. NULL is a no-op. */
void postgres_connect_drop(struct postgres_connecting *connecting);

#endif
