/* Inside service/ only: what a role must be like, once for every way in (model/limits.h). */
#ifndef LATCHKEY_SERVICE_ROLE_RULES_H
#define LATCHKEY_SERVICE_ROLE_RULES_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/roles.h"

/* Both are true when all is fine, else call->faults says what is not. */
MUST_CHECK bool role_rules_check_name(struct service_call *call, struct view name);
/* Description and permissions: a permission must be one that something here needs, a wildcard must
 * match one. */
MUST_CHECK bool role_rules_check(struct service_call *call, const struct roles_input *input);

#endif
