#include "service/audit.h"

#include "base/builder.h"
#include "service/audit_limit.h"
#include "service/auth_grant.h"
#include "service/service_state.h"

#define FIELDS_MAX 8 /* four of our own, four of the caller's */
#define GRANTS_TEXT_BYTES ((size_t)ROLE_PERMISSIONS_MAX * (PERMISSION_MAX_BYTES + 1))
#define ROLES_TEXT_BYTES ((size_t)USER_ROLES_MAX * (ROLE_NAME_MAX_BYTES + 1))
#define DETAILS_MAX_BYTES ((size_t)16 * 1024)

/* What is no success, and why, unless the event says more. */
static const struct {
    const char *event;
    const char *reason;
} failures[] = {
    {"login_failed", NULL},
    {"account_locked", "too_many_failures"},
    {"password_change_failed", "wrong_password"},
    {"token_reuse", "token_used_before"},
};

/* --- the log ---------------------------------------------------------------------------------- */

void audit_log(const struct service_call *call, enum log_level level, const char *event,
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

/* --- the row ---------------------------------------------------------------------------------- */

/* Of rand_a: a counter within a millisecond (RFC 9562 section 6.2, method 1). */
#define TICK_BITS 12
#define TICK_HIGH_BYTE 6
#define VERSION_7 0x70
#define NIBBLE 0x0F
#define BYTE_BITS 8
/* Should the clock be set back by more than this, ids go back with it. */
#define TICKS_AHEAD_MAX ((uint64_t)MS_PER_SECOND << TICK_BITS)

/* Greater than the one before: events of one request stay in their order. */
static struct id next_id(struct service *service)
{
    uint64_t now = (uint64_t)clock_now_ms(&service->options.clock) << TICK_BITS;
    uint64_t last = atomic_load(&service->audit_tick);
    uint64_t next;
    struct id id;

    do {
        next = last >= now && last - now < TICKS_AHEAD_MAX ? last + 1 : now;
    } while (!atomic_compare_exchange_weak(&service->audit_tick, &last, next));
    id = id_new((int64_t)(next >> TICK_BITS));
    id.bytes[TICK_HIGH_BYTE] = (uint8_t)(VERSION_7 | (next >> BYTE_BITS & NIBBLE));
    id.bytes[TICK_HIGH_BYTE + 1] = (uint8_t)next;
    return id;
}

static void set_outcome(struct audit_event *row)
{
    row->outcome = AUDIT_SUCCESS;
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (view_is(row->event, failures[i].event)) {
            row->outcome = AUDIT_FAILURE;
            row->reason = view_of(failures[i].reason);
        }
    }
}

/* Who begins a session, or makes an account, acts for themselves. */
static void set_actor(struct audit_event *row, const struct service_call *call)
{
    const struct principal *actor = call->actor;

    if (actor != NULL && actor->system) {
        row->actor = AUDIT_BY_SYSTEM;
    } else if (actor != NULL) {
        row->actor = AUDIT_BY_USER;
        row->actor_id = actor->user_id;
    } else if (row->outcome == AUDIT_SUCCESS && !id_is_nil(&row->user_id)) {
        row->actor = AUDIT_BY_USER;
        row->actor_id = row->user_id;
    } else {
        row->actor = AUDIT_BY_NOBODY;
    }
}

/* People type passwords where the name belongs: only what could be a name is kept. */
static void set_login(struct audit_event *row, struct view login)
{
    if (id_is_nil(&row->user_id) &&
        (user_username_fault(login) == NULL || user_email_fault(login) == NULL)) {
        row->user_name = login;
    }
}

static void add_detail(struct builder *details, const struct log_field *field)
{
    builder_member(details, details->len > 1 ? ',' : '{', field->name);
    if (field->kind == LOG_TEXT) {
        builder_json(details, field->text);
    } else if (field->kind == LOG_ID) {
        builder_id(details, field->id);
    } else {
        builder_int(details, field->number);
    }
}

/* False when out of memory. */
static bool set_fields(struct audit_event *row, struct arena *arena, const struct log_field *fields,
                       size_t count)
{
    struct builder details;

    builder_init(&details, arena, DETAILS_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        struct view name = view_of(fields[i].name);

        if (view_is(name, "reason")) {
            row->reason = fields[i].text;
        } else if (view_is(name, "login")) {
            set_login(row, fields[i].text);
        } else if (view_is(name, "username")) {
            row->user_name = fields[i].text;
        } else if (!log_field_is_absent(&fields[i])) {
            add_detail(&details, &fields[i]);
        }
    }
    builder_text(&details, details.len > 0 ? "}" : "{}");
    return builder_end(&details, &row->details);
}

static void note_not_written(const struct service_call *call, const char *event)
{
    const struct log_field field = LOG_FIELD_TEXT("of", view_of(event));

    audit_log(call, LOG_ERROR, "audit_not_written", NULL, &field, 1);
}

const struct audit_event *audit_prepare(const struct service_call *call, const char *event,
                                        const struct id *user_id, const struct log_field *fields,
                                        size_t count)
{
    struct audit_event *row = arena_take(call->arena, sizeof(*row));

    if (row == NULL) {
        note_not_written(call, event);
        return NULL;
    }
    *row = (struct audit_event){
        .event = view_of(event),
        .address = view_sub(call->address, 0, ADDRESS_MAX_BYTES),
        .user_agent = auth_grant_user_agent(call->user_agent),
        .request_id = call->request_id.len > 0 ? call->request_id : (struct view){NULL, 0},
    };
    if (user_id != NULL) {
        row->user_id = *user_id;
    }
    set_outcome(row);
    set_actor(row, call);
    if (!audit_limit_admits(call->service->audit_limit, row, call->now_ms)) {
        metrics_add(call->service->metrics.audit_left_out, 1);
        return NULL;
    }
    if (!set_fields(row, call->arena, fields, count)) {
        note_not_written(call, event);
        return NULL;
    }
    row->id = next_id(call->service);
    return row;
}

/* --- both ------------------------------------------------------------------------------------- */

void audit_fields(const struct service_call *call, enum log_level level, const char *event,
                  const struct id *user_id, const struct log_field *fields, size_t count)
{
    const struct audit_event *row;

    audit_log(call, level, event, user_id, fields, count);
    row = audit_prepare(call, event, user_id, fields, count);
    if (row != NULL && store_audit_append(call->store, row) != RESULT_OK) {
        note_not_written(call, event);
    }
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
