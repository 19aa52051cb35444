#include "service/role_rules.h"

#include "base/utf8.h"
#include "service/service_state.h"

bool role_rules_check_name(struct service_call *call, struct view name)
{
    const char *fault = role_name_fault(name);
    const char *code = "malformed";

    if (fault == NULL) {
        return true;
    }
    if (name.len == 0 || name.len > ROLE_NAME_MAX_BYTES) {
        code = name.len == 0 ? "too_short" : "too_long";
    }
    faults_add(&call->faults, "name", code, view_of(fault));
    return false;
}

static bool has_hidden(struct view text)
{
    uint32_t c;

    while (utf8_next(&text, &c)) {
        if (utf8_is_hidden(c)) {
            return true;
        }
    }
    return false;
}

static void check_description(struct service_call *call, struct view text)
{
    if (!utf8_is_valid(text) || has_hidden(text)) {
        faults_add(&call->faults, "description", "malformed",
                   VIEW("The description contains a character that cannot be seen."));
    } else if (utf8_length(text) > ROLE_DESCRIPTION_MAX_CHARS) {
        faults_add(&call->faults, "description", "too_long",
                   VIEW("The description is longer than 500 characters."));
    }
}

/* True when something here needs what is granted. */
static bool is_known(const struct service_options *options, struct view grant)
{
    if (view_is(grant, "*")) {
        return true;
    }
    for (size_t i = 0; i < options->permission_count; i++) {
        if (role_grant_covers(grant, options->permissions[i].name)) {
            return true;
        }
    }
    return false;
}

static void add_fault(struct service_call *call, size_t index, const char *code,
                      struct view message)
{
    struct faults *faults = &call->faults;

    faults_add(faults, "permissions", code, message);
    if (faults->count <= FAULTS_MAX) {
        faults->items[faults->count - 1].path[1] = arena_format(call->arena, "%zu", index);
    }
}

static void check_grant(struct service_call *call, size_t index, struct view grant)
{
    const char *fault = role_grant_fault(grant);

    if (fault != NULL) {
        add_fault(call, index, grant.len > PERMISSION_MAX_BYTES ? "too_long" : "malformed",
                  view_of(fault));
    } else if (!is_known(&call->service->options, grant)) {
        add_fault(call, index, "unknown_permission",
                  arena_format(call->arena, "Nothing here needs %.*s.", VIEW_ARG(grant)));
    }
}

bool role_rules_check(struct service_call *call, const struct roles_input *input)
{
    size_t before = call->faults.count;

    check_description(call, input->description);
    if (input->permission_count > ROLE_PERMISSIONS_MAX) {
        faults_add(&call->faults, "permissions", "too_long",
                   VIEW("There are more than 64 permissions."));
        return false;
    }
    for (size_t i = 0; i < input->permission_count; i++) {
        check_grant(call, i, input->permissions[i]);
    }
    return call->faults.count == before;
}
