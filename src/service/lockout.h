/* Inside service/ only: counts attempts at passwords before a hash is computed, atomically in the
   store, so that any number of nodes lets through no more than the limit (CHECKLIST E04-E06,
   E10-E13).

   Two counters: one per account and address (LOGIN_LOCK_AFTER), so that a stranger elsewhere does
   not lock the owner out; one per account (ten times that, at most 100: NIST SP 800-63B
   section 5.2.2), which does not count for an address the account has logged in from before. An
   IPv6 address counts as its /64 for both (base/network.h). An unknown name counts under its folded
   text in the same way. */
#ifndef LATCHKEY_SERVICE_LOCKOUT_H
#define LATCHKEY_SERVICE_LOCKOUT_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/id.h"
#include "service/service.h"

#define LOCKOUT_KEY_BYTES 46 /* "a:" or "u:" and 43 characters, NUL */
#define LOCKOUT_COUNTERS 2

/* The counters of one attempt. */
struct lockout {
    char keys[LOCKOUT_COUNTERS][LOCKOUT_KEY_BYTES];
    struct attempt attempts[LOCKOUT_COUNTERS];
    size_t counted; /* the first of them; 0: switched off */
};

/* Whom an attempt is at. */
struct lockout_subject {
    const struct id *user_id; /* NULL: unknown */
    struct view name;         /* folded; only looked at when unknown */
};

/* Counts the attempt. OK; LOCKED with call->retry_after_s; STORE_UNAVAILABLE. */
MUST_CHECK enum result lockout_count(struct service_call *call,
                                     const struct lockout_subject *subject, struct lockout *out);
/* The password was wrong. events are stored with that; *locked: it was one too many.
   STORE_UNAVAILABLE: not counted as a failure, but not given back either. */
MUST_CHECK enum result lockout_fail(struct service_call *call, const struct lockout *lockout,
                                    const struct attempt_events *events, bool *locked);
/* The keys to forget when the password was right: the account's own too, also where it was not
   looked at. Returns how many; views into lockout. */
size_t lockout_keys(const struct lockout *lockout, struct view out[LOCKOUT_COUNTERS]);
/* It was the right password: forget. A failure to forget is only logged by the store. */
void lockout_clear(struct service_call *call, const struct lockout *lockout);
/* It was never evaluated (an outage, no memory): as if it had not been (CHECKLIST E13). As well as
 * can be. */
void lockout_return(struct service_call *call, const struct lockout *lockout);

#endif
