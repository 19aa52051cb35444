/* A token bucket per client address, and a count of its calls under way, both with bounded memory:
 * the first guard of the costly routes.
 * Memory only, thread-safe. */
#ifndef LATCHKEY_SERVICE_THROTTLE_H
#define LATCHKEY_SERVICE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

enum throttle_class {
    THROTTLE_LOGIN,
    THROTTLE_SIGNUP,
    THROTTLE_REFRESH,
    THROTTLE_PASSWORD,
    THROTTLE_CLIENT,         /* wrong secrets of clients */
    THROTTLE_AUDIT,          /* audit_limit.h, in a throttle of its own */
    THROTTLE_AUDIT_FAILURES, /* likewise */
    THROTTLE_CLASSES
};

struct throttle; /* opaque */

/* NULL when out of memory. */
MUST_CHECK struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);
/* Takes one token of that class for the address (an IPv6 address counts as its /64). 0: go on; else
 * seconds to wait. NULL throttle: always 0. */
MUST_CHECK int64_t throttle_take(struct throttle *throttle, enum throttle_class class,
                                 struct view address, int64_t now_ms);
/* Seconds that throttle_take would say to wait now; takes nothing. */
MUST_CHECK int64_t throttle_wait(struct throttle *throttle, enum throttle_class class,
                                 struct view address, int64_t now_ms);
/* Puts one back: what succeeded is no abuse, and what was never tried neither. */
void throttle_return(struct throttle *throttle, enum throttle_class class, struct view address,
                     int64_t now_ms);
/* What an address may do so often at once: hash passwords, read lists of everything. */
enum throttle_share { THROTTLE_SHARE_HASHES, THROTTLE_SHARE_LISTS };

/* Takes one of the `most` places of that share that an address (an IPv6 /64) may have at once;
   throttle_leave gives it back. False: it has them all. NULL throttle: always true. */
MUST_CHECK bool throttle_enter(struct throttle *throttle, enum throttle_share share,
                               struct view address, unsigned most);
/* Gives a place back that throttle_enter gave to the same address, of the same share. */
void throttle_leave(struct throttle *throttle, enum throttle_share share, struct view address);

struct service;
/* The service's own; NULL when RATE_LIMIT is off. */
struct throttle *service_throttle(struct service *service);

#endif
