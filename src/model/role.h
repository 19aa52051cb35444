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
    int64_t version; /* counts up with every change */
};

/* What a new role is made of. */
struct role_draft {
    struct id id;
    struct view name;
    struct view description; /* at NULL: none */
    const struct view *permissions;
    size_t permission_count;
    int64_t now_ms;
};

/* What a role becomes; the name stays. */
struct role_patch {
    struct view description; /* at NULL: none */
    const struct view *permissions;
    size_t permission_count;
    int64_t if_version; /* refused with CONFLICT when the role's version differs */
    int64_t now_ms;
};

/* A permission that is there to be granted, and what needs it. */
struct permission {
    struct view name;              /* "users:read" */
    const struct view *operations; /* "GET /v1/users" */
    size_t operation_count;
};

/* True when the grant covers the wanted permission or grant: "*" covers all, "users:*" covers
 * "users:read" and "users:*". */
bool role_grant_covers(struct view grant, struct view wanted);
/* True when any of the role's grants covers it. */
bool role_covers(const struct role *role, struct view wanted);
/* An ASCII letter, then letters, digits, '.', '_', '-'; 1 to 64 bytes: it is one segment of a path
 * as it stands. NULL when fine, else a sentence. */
const char *role_name_fault(struct view name);
/* "*", "resource:*" or "resource:action", both of lower case letters, digits, '_' and '-' with a
   letter first; at most 64 bytes. NULL when fine, else a sentence. */
const char *role_grant_fault(struct view grant);

#endif
