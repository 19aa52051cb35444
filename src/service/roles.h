/* Managing roles. The caller has passed the gate; here is the rule that nobody makes, changes,
   deletes or gives what exceeds their own rights (CHECKLIST A05). */
#ifndef LATCHKEY_SERVICE_ROLES_H
#define LATCHKEY_SERVICE_ROLES_H

#include "model/role.h"
#include "service/service.h"

/* Validated here, once for every way in. */
struct roles_input {
    struct view name;
    struct view description; /* at NULL: none */
    const struct view *permissions;
    size_t permission_count;
    int64_t if_version; /* of a replacement: only of a role of that version; 0: any */
};

/* All, by name. */
MUST_CHECK enum result roles_list(struct service_call *call, const struct role **out,
                                  size_t *count);
/* By the exact name. OK, NOT_FOUND. */
MUST_CHECK enum result roles_get(struct service_call *call, struct view name, struct role *out);
/* CREATED; ROLE_TAKEN, INVALID with faults, EXCEEDS_RIGHTS, CONFLICT when there are ROLES_MAX. */
MUST_CHECK enum result roles_create(struct service_call *call, const struct roles_input *input,
                                    struct role *out);
/* Replaces description and permissions of the role that input names. What it granted and what it is
   to grant must be covered by the actor's other roles: nobody changes a role that their own rights
   come from. OK; NOT_FOUND, INVALID, EXCEEDS_RIGHTS, CONFLICT, ROLE_BUILT_IN for `admin`,
   PRECONDITION_FAILED for another version. */
MUST_CHECK enum result roles_replace(struct service_call *call, const struct roles_input *input,
                                     struct role *out);
/* NO_CONTENT; NOT_FOUND, EXCEEDS_RIGHTS, ROLE_IN_USE with how many hold it in the detail,
   ROLE_BUILT_IN, CONFLICT, PRECONDITION_FAILED for another version than if_version (0: any). */
MUST_CHECK enum result roles_delete(struct service_call *call, struct view name,
                                    int64_t if_version);

#endif
