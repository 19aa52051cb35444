/* Inside service/ only: one attempt at a password, counted, verified, and forgotten or not. */
#ifndef LATCHKEY_SERVICE_AUTH_CHECK_H
#define LATCHKEY_SERVICE_AUTH_CHECK_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/lockout.h"
#include "service/service.h"

struct auth_check {
    struct user_credentials *credentials; /* NULL: no such user */
    struct view name;                     /* folded */
    struct view password;
    const char *failed_event; /* what a wrong password is called in the log and the audit events */
    struct lockout lockout;   /* filled here */
    bool is_old;              /* filled here: the hash wants to be made anew */
    const char *refusal;      /* why a right password was refused, for the log; NULL: it was not */
};

/* False, with a fault about that field, for a password no hash is computed for (CHECKLIST P09). */
MUST_CHECK bool auth_check_size(struct service_call *call, struct view password, const char *field);
/* The fields of an event about such an attempt: reason and login. */
#define AUTH_CHECK_FIELDS 2
void auth_check_describe(const struct auth_check *check, const char *reason,
                         struct log_field out[AUTH_CHECK_FIELDS]);
/* Counts the attempt, then verifies with equal work for whoever it is. OK; INVALID_CREDENTIALS;
   LOCKED before any hash; BUSY and STORE_UNAVAILABLE leave the count as it was. A failure is logged
   and stored here, and that it locked the account. Clearing the
   counter is the caller's, when all else has gone well. */
MUST_CHECK enum result auth_check_password(struct service_call *call, struct auth_check *check);

#endif
