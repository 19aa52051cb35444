#include "api/table_role.h"

#include "model/limits.h"

/* --- out -------------------------------------------------------------------------------------- */

static const struct field role_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct role, name),
     .example = "\"editor\""},
    {.name = "description",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct role, description),
     .flags = FIELD_NULLABLE},
    {.name = "permissions",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct role, permissions),
     .description = "What it grants, sorted: `resource:action`, `resource:*` or `*`."},
    {.name = "built_in",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct role, built_in),
     .description = "`admin` never changes, `user` is never deleted."},
    {.name = "created_at", .kind = FIELD_INSTANT, .offset = offsetof(struct role, created_ms)},
    {.name = "updated_at", .kind = FIELD_INSTANT, .offset = offsetof(struct role, updated_ms)},
};

const struct table table_role = {
    .name = "Role",
    .description = "A named set of permissions.",
    .size = sizeof(struct role),
    FIELDS(role_fields),
};

static const struct field permission_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct permission, name),
     .example = "\"users:read\""},
    {.name = "operations",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct permission, operations),
     .description = "Those that need it.",
     .example = "[\"GET /v1/users\"]"},
};

const struct table table_permission = {
    .name = "Permission",
    .description = "Something that a role can grant.",
    .size = sizeof(struct permission),
    FIELDS(permission_fields),
};

/* --- in --------------------------------------------------------------------------------------- */

#define NAME(flags_, description_)                                                                 \
    {                                                                                              \
        .name = "name", .kind = FIELD_TEXT, .offset = offsetof(struct table_role_in, name),        \
        .flags = (flags_), .min = 1, .max = ROLE_NAME_MAX_BYTES, .description = (description_),    \
        .example = "\"editor\""                                                                    \
    }
#define DESCRIPTION                                                                                \
    {                                                                                              \
        .name = "description", .kind = FIELD_TEXT,                                                 \
        .offset = offsetof(struct table_role_in, description), .flags = FIELD_NULLABLE,            \
        .max = ROLE_DESCRIPTION_MAX_CHARS, .description = "What it is for."                        \
    }
#define PERMISSIONS                                                                                \
    {                                                                                              \
        .name = "permissions", .kind = FIELD_TEXT_LIST,                                            \
        .offset = offsetof(struct table_role_in, permissions), .flags = FIELD_REQUIRED,            \
        .max = ROLE_PERMISSIONS_MAX, .max_bytes = PERMISSION_MAX_BYTES,                            \
        .description = "`resource:action`, `resource:*` or `*`; see `GET /v1/permissions`.",       \
        .example = "[\"users:read\"]"                                                              \
    }

static const struct field create_fields[] = {
    NAME(FIELD_REQUIRED, "A letter, then letters, digits, '.', '_' and '-'. No other role may have "
                         "it, in whatever case."),
    DESCRIPTION,
    PERMISSIONS,
};

const struct table table_role_create = {
    .name = "RoleCreate",
    .size = sizeof(struct table_role_in),
    FIELDS(create_fields),
};

static const struct field replace_fields[] = {
    NAME(0, "When given, that of the path: a role keeps its name."),
    DESCRIPTION,
    PERMISSIONS,
};

const struct table table_role_replace = {
    .name = "RoleReplace",
    .description = "The whole role: a description that is left out is cleared.",
    .size = sizeof(struct table_role_in),
    FIELDS(replace_fields),
};

struct roles_input table_role_input(const struct table_role_in *in)
{
    return (struct roles_input){
        .name = in->name.text,
        .description = in->description.text,
        .permissions = in->permissions.items,
        .permission_count = in->permissions.count,
    };
}
