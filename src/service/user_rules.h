/* Inside service/ only: what the fields of a user must be like, once for every way in
 * (model/limits.h). */
#ifndef LATCHKEY_SERVICE_USER_RULES_H
#define LATCHKEY_SERVICE_USER_RULES_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/service.h"
#include "service/users_input.h"

/* Checks the fields in the mask but the password; true when all are fine, else call->faults says
   what is not. The roles are looked up in memory. */
MUST_CHECK bool user_rules_check(struct service_call *call, const struct users_input *input);
/* Adds the fault of a role that the store does not know. */
void user_rules_unknown_role(struct service_call *call);

#endif
