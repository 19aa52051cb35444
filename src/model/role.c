#include "model/role.h"

bool role_grant_covers(struct view grant, struct view wanted)
{
    if (view_is(grant, "*")) {
        return true;
    }
    if (!view_ends_with(grant, VIEW(":*"))) {
        return view_equal(grant, wanted);
    }
    /* "users:*": all that starts with "users:" and goes on. */
    struct view prefix = view_sub(grant, 0, grant.len - 1);
    return wanted.len > prefix.len && view_starts_with(wanted, prefix);
}

bool role_covers(const struct role *role, struct view wanted)
{
    for (size_t i = 0; i < role->permission_count; i++) {
        if (role_grant_covers(role->permissions[i], wanted)) {
            return true;
        }
    }
    return false;
}
