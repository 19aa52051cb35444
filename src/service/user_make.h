/* Inside service/ only: what sign-up, creating and changing users have in common. */
#ifndef LATCHKEY_SERVICE_USER_MAKE_H
#define LATCHKEY_SERVICE_USER_MAKE_H

#include "base/attributes.h"
#include "service/password_rules.h"
#include "service/service.h"
#include "service/users_input.h"

/* Validates, hashes, creates and stores that as an audit event; logging it is the caller's. Who may
   do so was decided before. roles not given: `user`. OK; INVALID with faults, USERNAME_TAKEN,
   EMAIL_TAKEN. */
MUST_CHECK enum result user_make(struct service_call *call, const struct users_input *input,
                                 struct user *out);
/* Validates all fields and the password, as it will be the owner's. OK or INVALID with faults. */
MUST_CHECK enum result user_make_check(struct service_call *call, const struct users_input *input,
                                       const struct password_owner *owner);

#endif
