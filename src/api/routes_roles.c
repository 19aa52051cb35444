/* Roles, the permissions they can grant, and who holds them. */
#include "api/routes.h"
#include "api/table_role.h"
#include "api/table_user.h"
#include "api/version.h"
#include "model/limits.h"
#include "service/roles.h"

#define TAG "Roles"

/* --- tables ----------------------------------------------------------------------------------- */

struct role_list {
    const struct role *items;
    size_t count;
    int64_t total;
    struct view next_cursor; /* at NULL: there are no more */
};

static const struct field role_list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct role_list, items),
     .nested = &table_role},
    {.name = "total", .kind = FIELD_INTEGER, .offset = offsetof(struct role_list, total)},
    {.name = "next_cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct role_list, next_cursor),
     .flags = FIELD_NULLABLE},
};

static const struct table role_list_table = {
    .name = "RoleList",
    .size = sizeof(struct role_list),
    FIELDS(role_list_fields),
};

struct permission_list {
    const struct permission *items;
    size_t count;
    int64_t total;
    struct view next_cursor; /* at NULL: there are no more */
};

static const struct field permission_list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct permission_list, items),
     .nested = &table_permission},
    {.name = "total", .kind = FIELD_INTEGER, .offset = offsetof(struct permission_list, total)},
    {.name = "next_cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct permission_list, next_cursor),
     .flags = FIELD_NULLABLE},
};

static const struct table permission_list_table = {
    .name = "PermissionList",
    .size = sizeof(struct permission_list),
    FIELDS(permission_list_fields),
};

static const struct field name_fields[] = {
    PATH_PARAM("name", "The role's name, exactly.", "\"editor\""),
};

static const struct table name_params = {
    .name = "RolePath",
    .size = sizeof(struct path_params),
    FIELDS(name_fields),
};

struct user_roles_in {
    struct in_list roles;
};

static const struct field user_roles_fields[] = {
    {.name = "roles",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct user_roles_in, roles),
     .flags = FIELD_REQUIRED,
     .max = USER_ROLES_MAX,
     .max_bytes = ROLE_NAME_MAX_BYTES,
     .description = "All the roles they are to hold.",
     .example = "[\"user\",\"editor\"]"},
};

static const struct table user_roles_table = {
    .name = "UserRoles",
    .size = sizeof(struct user_roles_in),
    FIELDS(user_roles_fields),
};

/* --- handlers --------------------------------------------------------------------------------- */

static enum result list(struct api_call *call)
{
    struct role_list *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = roles_list(&call->service, &out->items, &out->count);
    out->total = (int64_t)out->count;
    return result;
}

static enum result list_permissions(struct api_call *call)
{
    const struct service_options *options = service_get_options(call->service.service);
    struct permission_list *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    out->items = options->permissions;
    out->count = options->permission_count;
    out->total = (int64_t)out->count;
    return RESULT_OK;
}

static enum result create(struct api_call *call)
{
    struct role *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct roles_input input = table_role_input(call->body);
    return version_answer(call, roles_create(&call->service, &input, out), &out->version);
}

static enum result get(struct api_call *call)
{
    struct role *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = roles_get(&call->service, call->request->params[0], out);
    return version_answer(call, result, &out->version);
}

static enum result replace(struct api_call *call)
{
    const struct table_role_in *body = call->body;
    struct view name = call->request->params[0];
    struct role *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    if (body->name.given && !view_equal(body->name.text, name)) {
        faults_add(&call->service.faults, "name", "not_allowed", VIEW("A role keeps its name."));
        return RESULT_INVALID;
    }
    struct roles_input input = table_role_input(body);
    input.name = name;
    input.if_version = call->if_version;
    return version_answer(call, roles_replace(&call->service, &input, out), &out->version);
}

static enum result delete_one(struct api_call *call)
{
    return roles_delete(&call->service, call->request->params[0], call->if_version);
}

static enum result set_user_roles(struct api_call *call)
{
    const struct user_roles_in *body = call->body;
    struct user *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    struct users_input input = {.mask = USER_FIELD_ROLES,
                                .roles = body->roles.items,
                                .role_count = body->roles.count,
                                .if_version = call->if_version};
    enum result result = users_update(&call->service, call->request->params[0], &input, out);
    return version_answer(call, result, &out->version);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result read_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result create_results[] = {RESULT_CREATED, RESULT_ROLE_TAKEN,
                                             RESULT_EXCEEDS_RIGHTS, RESULT_CONFLICT, RESULT_COUNT};
static const enum result get_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_COUNT};
static const enum result replace_results[] = {
    RESULT_OK,       RESULT_NOT_FOUND, RESULT_EXCEEDS_RIGHTS, RESULT_ROLE_BUILT_IN,
    RESULT_CONFLICT, RESULT_COUNT};
static const enum result delete_results[] = {
    RESULT_NO_CONTENT,    RESULT_NOT_FOUND, RESULT_EXCEEDS_RIGHTS, RESULT_ROLE_IN_USE,
    RESULT_ROLE_BUILT_IN, RESULT_CONFLICT,  RESULT_COUNT};
static const enum result user_results[] = {
    RESULT_OK,         RESULT_NOT_FOUND, RESULT_EXCEEDS_RIGHTS,
    RESULT_LAST_ADMIN, RESULT_CONFLICT,  RESULT_COUNT};

static const struct row rows[] = {
    {.id = "listRoles",
     .method = METHOD_GET,
     .path = "/v1/roles",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "roles:read",
     .rate = ROW_FREE,
     .reply = &role_list_table,
     .results = read_results,
     .tag = TAG,
     .summary = "List the roles",
     .description = "All of them, by name.",
     .handle = list},
    {.id = "createRole",
     .method = METHOD_POST,
     .path = "/v1/roles",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "roles:create",
     .rate = ROW_FREE,
     .body = &table_role_create,
     .body_forms = ROW_JSON,
     .reply = &table_role,
     .versioned = true,
     .results = create_results,
     .tag = TAG,
     .summary = "Create a role",
     .description = "Nobody creates a role that grants more than they hold.",
     .handle = create},
    {.id = "getRole",
     .method = METHOD_GET,
     .path = "/v1/roles/{name}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .permission = "roles:read",
     .rate = ROW_FREE,
     .params = &name_params,
     .reply = &table_role,
     .versioned = true,
     .results = get_results,
     .tag = TAG,
     .summary = "Read a role",
     .handle = get},
    {.id = "replaceRole",
     .method = METHOD_PUT,
     .path = "/v1/roles/{name}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "roles:update",
     .rate = ROW_FREE,
     .params = &name_params,
     .body = &table_role_replace,
     .body_forms = ROW_JSON,
     .reply = &table_role,
     .versioned = true,
     .results = replace_results,
     .tag = TAG,
     .summary = "Replace a role's description and permissions",
     .description = "Acts on living tokens: at once here, within a second on other nodes. What it "
                    "granted and what it is to grant must be held by the caller's other roles.",
     .handle = replace},
    {.id = "deleteRole",
     .method = METHOD_DELETE,
     .path = "/v1/roles/{name}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "roles:delete",
     .rate = ROW_FREE,
     .params = &name_params,
     .versioned = true,
     .results = delete_results,
     .tag = TAG,
     .summary = "Delete a role that nobody holds",
     .handle = delete_one},
    {.id = "listPermissions",
     .method = METHOD_GET,
     .path = "/v1/permissions",
     .lane = ROW_INLINE,
     .auth = ROW_BEARER,
     .permission = "roles:read",
     .rate = ROW_FREE,
     .reply = &permission_list_table,
     .results = read_results,
     .tag = TAG,
     .summary = "List the permissions that a role can grant",
     .description = "All of them, by name, each with the operations that need it.",
     .handle = list_permissions},
    {.id = "setUserRoles",
     .method = METHOD_PUT,
     .path = "/v1/users/{id}/roles",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:roles",
     .rate = ROW_FREE,
     .params = &table_user_params,
     .body = &user_roles_table,
     .body_forms = ROW_JSON,
     .reply = &table_user,
     .versioned = true,
     .results = user_results,
     .tag = TAG,
     .summary = "Replace a user's roles",
     .description = "Nobody gives or takes more than they hold, nobody changes their own roles, "
                    "and one active admin always stays. Sessions live on, with the new roles.",
     .handle = set_user_roles},
};

const struct row_group routes_roles = {ROWS(rows)};
