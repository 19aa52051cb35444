/* Roles and permissions. A permission is "resource:action"; a grant may end in a wildcard:
 * "resource:*" or "*". */
#ifndef LATCHKEY_MODEL_ROLE_H
#define LATCHKEY_MODEL_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/id.h"
#include "base/view.h"

struct role {
    struct id id;
    struct view name;
    struct view description; /* at NULL: none */
    const struct view *permissions;
    size_t permission_count;
    bool built_in;
    int64_t created_ms;
    int64_t updated_ms;
};

/* True when the grant covers the wanted permission or grant: "*" covers all, "users:*" covers
 * "users:read" and "users:*". */
bool role_grant_covers(struct view grant, struct view wanted);
/* True when any of the role's grants covers it. */
bool role_covers(const struct role *role, struct view wanted);

#endif
