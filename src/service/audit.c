#include "service/audit.h"

#include "base/builder.h"

#define FIELDS_MAX 8 /* four of our own, four of the caller's */
#define GRANTS_TEXT_BYTES ((size_t)ROLE_PERMISSIONS_MAX * (PERMISSION_MAX_BYTES + 1))
#define ROLES_TEXT_BYTES ((size_t)USER_ROLES_MAX * (ROLE_NAME_MAX_BYTES + 1))

void audit_fields(const struct service_call *call, enum log_level level, const char *event,
                  const struct id *user_id, const struct log_field *more, size_t more_count)
{
    const struct principal *actor = call->actor;
    struct log_field fields[FIELDS_MAX];
    char user[ID_TEXT_SIZE];
    char acting[ID_TEXT_SIZE];
    size_t n = 0;

    if (user_id != NULL) {
        id_format(user_id, user);
        fields[n++] = LOG_FIELD_TEXT("user_id", view_of(user));
    }
    if (actor != NULL && actor->system) {
        fields[n++] = LOG_FIELD_TEXT("actor", VIEW("operator"));
    } else if (actor != NULL && (user_id == NULL || !id_equal(&actor->user_id, user_id))) {
        id_format(&actor->user_id, acting);
        fields[n++] = LOG_FIELD_TEXT("actor", view_of(acting));
    }
    for (size_t i = 0; i < more_count && i < FIELDS_MAX / 2; i++) {
        fields[n++] = more[i];
    }
    fields[n++] = LOG_FIELD_TEXT("address", call->address);
    fields[n++] = LOG_FIELD_TEXT("request_id", call->request_id);
    log_event(service_get_options(call->service)->log, level, event, fields, n);
}

void audit_event(const struct service_call *call, enum log_level level, const char *event,
                 const struct id *user_id)
{
    audit_fields(call, level, event, user_id, NULL, 0);
}

void audit_text(const struct service_call *call, enum log_level level, const char *event,
                const struct id *user_id, const char *name, struct view text)
{
    struct log_field field = LOG_FIELD_TEXT(name, text);

    audit_fields(call, level, event, user_id, &field, 1);
}

static struct view join(const struct view *texts, size_t count, char *buffer, size_t size)
{
    struct builder b;
    struct view text;

    builder_init_fixed(&b, buffer, size);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            builder_char(&b, ' ');
        }
        builder_add(&b, texts[i]);
    }
    return builder_end(&b, &text) ? text : VIEW("(too many)");
}

void audit_roles(const struct service_call *call, const struct user *before,
                 const struct user *after)
{
    char old_roles[ROLES_TEXT_BYTES];
    char new_roles[ROLES_TEXT_BYTES];
    const struct log_field fields[] = {
        LOG_FIELD_TEXT("before",
                       join(before->roles, before->role_count, old_roles, sizeof(old_roles))),
        LOG_FIELD_TEXT("after",
                       join(after->roles, after->role_count, new_roles, sizeof(new_roles))),
    };

    audit_fields(call, LOG_INFO, "roles_changed", &after->id, fields, ARRAY_LEN(fields));
}

static size_t add_grants(struct log_field *fields, size_t n, const char *name,
                         const struct role *role, char buffer[GRANTS_TEXT_BYTES])
{
    if (role == NULL) {
        return n;
    }
    fields[n] = LOG_FIELD_TEXT(
        name, join(role->permissions, role->permission_count, buffer, GRANTS_TEXT_BYTES));
    return n + 1;
}

void audit_role(const struct service_call *call, const char *event, const struct role *before,
                const struct role *after)
{
    char old_grants[GRANTS_TEXT_BYTES];
    char new_grants[GRANTS_TEXT_BYTES];
    struct log_field fields[3];
    size_t n = 0;

    fields[n++] = LOG_FIELD_TEXT("role", after != NULL ? after->name : before->name);
    n = add_grants(fields, n, "before", before, old_grants);
    n = add_grants(fields, n, "after", after, new_grants);
    audit_fields(call, LOG_INFO, event, NULL, fields, n);
}
