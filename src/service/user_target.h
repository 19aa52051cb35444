/* Inside service/ only: whom a call is about, and whether the actor may act on them. */
#ifndef LATCHKEY_SERVICE_USER_TARGET_H
#define LATCHKEY_SERVICE_USER_TARGET_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/service.h"

/* key: id, number, username or e-mail. OK, NOT_FOUND; AMBIGUOUS with detail for a former name of
   several deleted people. */
MUST_CHECK enum result user_target_find(struct service_call *call, struct view key,
                                        enum user_presence presence, struct user *out);
/* True when it is the actor's own record. */
bool user_target_is_self(const struct service_call *call, const struct id *user_id);
/* OK for oneself, and for those who may do nothing that the actor may not (CHECKLIST A05); else
   EXCEEDS_RIGHTS. */
MUST_CHECK enum result user_target_check(struct service_call *call, const struct user *target);
/* What a client asked for by version (0: any). OK, PRECONDITION_FAILED. Pure. */
MUST_CHECK enum result user_target_check_version(const struct user *target, int64_t if_version);
/* All three, one after the other. */
MUST_CHECK enum result user_target_judge(struct service_call *call, struct view key,
                                         enum user_presence presence, int64_t if_version,
                                         struct user *out);

#endif
