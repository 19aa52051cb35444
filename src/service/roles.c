#include "service/roles.h"

#include "service/access.h"
#include "service/audit.h"
#include "service/role_rules.h"
#include "service/service_state.h"

#define CHANGE_TRIES 5 /* against others who change the same role */

#define NO_ROLE ((struct view){NULL, 0})

enum result roles_list(struct service_call *call, const struct role **out, size_t *count)
{
    return store_role_list(call->store, call->arena, out, count);
}

enum result roles_get(struct service_call *call, struct view name, struct role *out)
{
    return store_role_get(call->store, name, call->arena, out);
}

/* After access_sync. The actor must hold every one of the permissions by other roles than
 * `without`. */
static enum result check_held(struct service_call *call, struct view without,
                              const struct view *permissions, size_t count)
{
    struct feed_state *state = feed_get_state(call->service->feed);
    size_t first = feed_state_lacks(state, call->actor, without, permissions, count);

    if (first == count) {
        return RESULT_OK;
    }
    call->detail =
        arena_format(call->arena, "You do not hold the permission %.*s%s.",
                     VIEW_ARG(permissions[first]), without.at != NULL ? " by another role" : "");
    return RESULT_EXCEEDS_RIGHTS;
}

/* --- create ----------------------------------------------------------------------------------- */

/* Every node keeps all roles in memory; a few too many by a race do no harm. */
static enum result check_room(struct service_call *call)
{
    if (feed_state_role_count(feed_get_state(call->service->feed)) < ROLES_MAX) {
        return RESULT_OK;
    }
    call->detail = arena_format(call->arena, "There are %d roles already.", ROLES_MAX);
    return RESULT_CONFLICT;
}

enum result roles_create(struct service_call *call, const struct roles_input *input,
                         struct role *out)
{
    struct role_draft draft = {
        .id = id_new(call->now_ms),
        .name = input->name,
        .description = input->description,
        .permissions = input->permissions,
        .permission_count = input->permission_count,
        .now_ms = call->now_ms,
    };
    bool name_fine = role_rules_check_name(call, input->name);
    bool rest_fine = role_rules_check(call, input);
    enum result result = name_fine && rest_fine ? RESULT_OK : RESULT_INVALID;

    if (result == RESULT_OK) {
        result = access_sync(call);
    }
    if (result == RESULT_OK) {
        result = check_held(call, NO_ROLE, input->permissions, input->permission_count);
    }
    if (result == RESULT_OK) {
        result = check_room(call);
    }
    if (result == RESULT_OK) {
        result = store_role_create(call->store, &draft, call->arena, out);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_role(call, "role_created", NULL, out);
    return RESULT_CREATED;
}

/* What a client asked for by version (0: any). */
static enum result check_version(const struct role *role, int64_t if_version)
{
    return if_version == 0 || if_version == role->version ? RESULT_OK : RESULT_PRECONDITION_FAILED;
}

/* --- replace ---------------------------------------------------------------------------------- */

/* One look, judgement and conditional change. CONFLICT: the role has changed in between. */
static enum result try_replace(struct service_call *call, const struct roles_input *input,
                               struct role *before, struct role *out)
{
    enum result result = roles_get(call, input->name, before);
    struct role_patch patch = {
        .description = input->description,
        .permissions = input->permissions,
        .permission_count = input->permission_count,
        .if_version = before->version,
        .now_ms = call->now_ms,
    };

    if (result == RESULT_OK && view_is(input->name, ROLE_ADMIN)) {
        result = RESULT_ROLE_BUILT_IN;
    }
    if (result == RESULT_OK) {
        result = check_held(call, input->name, before->permissions, before->permission_count);
    }
    if (result == RESULT_OK) {
        result = check_held(call, input->name, input->permissions, input->permission_count);
    }
    if (result == RESULT_OK) {
        result = check_version(before, input->if_version);
    }
    if (result != RESULT_OK) {
        return result;
    }
    return store_role_update(call->store, &before->id, &patch, call->arena, out);
}

enum result roles_replace(struct service_call *call, const struct roles_input *input,
                          struct role *out)
{
    struct role before = {0};
    enum result result = role_rules_check(call, input) ? access_sync(call) : RESULT_INVALID;

    if (result == RESULT_OK) {
        result = RESULT_CONFLICT;
    }
    for (int i = 0; i < CHANGE_TRIES && result == RESULT_CONFLICT; i++) {
        result = try_replace(call, input, &before, out);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_role(call, "role_changed", &before, out);
    return RESULT_OK;
}

/* --- delete ----------------------------------------------------------------------------------- */

static enum result try_delete(struct service_call *call, struct view name, int64_t if_version,
                              struct role *role)
{
    int64_t holders = 0;
    enum result result = roles_get(call, name, role);

    if (result == RESULT_OK && role->built_in) {
        result = RESULT_ROLE_BUILT_IN;
    }
    if (result == RESULT_OK) {
        result = check_held(call, name, role->permissions, role->permission_count);
    }
    if (result == RESULT_OK) {
        result = check_version(role, if_version);
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = store_role_delete(call->store, &role->id, role->version, call->now_ms, &holders);
    if (result == RESULT_ROLE_IN_USE) {
        call->detail =
            arena_format(call->arena, "So many users hold it: %lld.", (long long)holders);
    }
    return result;
}

enum result roles_delete(struct service_call *call, struct view name, int64_t if_version)
{
    enum result result = access_sync(call);
    struct role role = {0};

    if (result == RESULT_OK) {
        result = RESULT_CONFLICT;
    }
    for (int i = 0; i < CHANGE_TRIES && result == RESULT_CONFLICT; i++) {
        result = try_delete(call, name, if_version, &role);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_role(call, "role_deleted", &role, NULL);
    return RESULT_NO_CONTENT;
}
