#include "model/record.h"

#include <string.h>

#include "base/utf8.h"
#include "model/limits.h"

const char *record_kind_plural(enum record_kind kind)
{
    static const char *const plurals[RECORD_KIND_END] = {
#define PLURAL(name, member, plural) [RECORD_##name] = (plural),
        RECORD_KINDS(PLURAL)
#undef PLURAL
    };
    return plurals[kind] != NULL ? plurals[kind] : "";
}

struct record_position record_position_of(const struct record *record)
{
    switch (record->kind) {
    case RECORD_SETTING:
        return (struct record_position){.name = record->setting.name};
    case RECORD_KEY:
        return (struct record_position){.name = record->key.key_id};
    case RECORD_ROLE:
        return (struct record_position){.id = record->role.id};
    case RECORD_USER:
        return (struct record_position){.number = record->user.user.number};
    case RECORD_SESSION:
        return (struct record_position){.id = record->session.session.id};
    case RECORD_PRODUCT:
        return (struct record_position){.number = record->product.number};
    case RECORD_AUDIT_EVENT:
        return (struct record_position){.id = record->audit_event.id};
    case RECORD_CHANGE:
        return (struct record_position){.number = record->change.kind,
                                        .id = record->change.subject};
    case RECORD_COUNTER:
        return (struct record_position){.number = record->counter.name};
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
    return (struct record_position){.number = 0};
}

static int compare_bytes(struct view a, struct view b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int record_position_compare(const struct record_position *a, const struct record_position *b)
{
    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    int order = memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
    return order != 0 ? order : compare_bytes(a->name, b->name);
}

/* --- limits ----------------------------------------------------------------------------------- */

/* It need not be UTF-8, so its bytes count too. */
static bool is_within_chars(struct view text, size_t max_chars)
{
    return text.len <= max_chars * UTF8_SIZE_MAX && utf8_length(text) <= max_chars;
}

static bool is_role_within(const struct role *role)
{
    bool within =
        role->name.len <= ROLE_NAME_MAX_BYTES && role->permission_count <= ROLE_PERMISSIONS_MAX;
    for (size_t i = 0; within && i < role->permission_count; i++) {
        within = role->permissions[i].len <= PERMISSION_MAX_BYTES;
    }
    return within;
}

static bool is_user_within(const struct user_record *record)
{
    const struct user *user = &record->user;
    return user->username.len <= USERNAME_MAX_BYTES && user->email.len <= EMAIL_MAX_BYTES &&
           is_within_chars(user->name, NAME_MAX_CHARS) && record->role_count <= USER_ROLES_MAX;
}

bool record_is_within_limits(const struct record *record)
{
    if (record->kind == RECORD_ROLE) {
        return is_role_within(&record->role);
    }
    return record->kind != RECORD_USER || is_user_within(&record->user);
}

/* --- canonical form --------------------------------------------------------------------------- */

struct sink {
    void (*put)(void *context, const void *bytes, size_t len);
    void *context;
};

#define NUMBER_BYTES 8
#define BITS_PER_BYTE 8

static void put_number(const struct sink *sink, int64_t number)
{
    uint8_t bytes[NUMBER_BYTES];
    for (size_t i = 0; i < NUMBER_BYTES; i++) {
        bytes[i] = (uint8_t)((uint64_t)number >> ((NUMBER_BYTES - 1 - i) * BITS_PER_BYTE));
    }
    sink->put(sink->context, bytes, sizeof bytes);
}

static void put_text(const struct sink *sink, struct view text)
{
    const uint8_t is_there = text.at != NULL;
    sink->put(sink->context, &is_there, 1);
    if (is_there == 0) {
        return;
    }
    put_number(sink, (int64_t)text.len);
    sink->put(sink->context, text.at, text.len);
}

static void put_id(const struct sink *sink, const struct id *id)
{
    sink->put(sink->context, id->bytes, sizeof id->bytes);
}

static void put_setting(const struct sink *sink, const struct setting_record *setting)
{
    put_text(sink, setting->name);
    put_text(sink, setting->value);
}

static void put_key(const struct sink *sink, const struct stored_key *key)
{
    put_text(sink, key->key_id);
    put_text(sink, key->algorithm);
    put_text(sink, key->material);
    put_number(sink, key->created_ms);
    put_number(sink, key->signs_from_ms);
    put_number(sink, key->retired_ms);
}

static void put_role(const struct sink *sink, const struct role *role)
{
    put_id(sink, &role->id);
    put_text(sink, role->name);
    put_text(sink, role->description);
    put_number(sink, role->built_in);
    put_number(sink, role->created_ms);
    put_number(sink, role->updated_ms);
    put_number(sink, role->version);
    put_number(sink, (int64_t)role->permission_count);
    for (size_t i = 0; i < role->permission_count; i++) {
        put_text(sink, role->permissions[i]);
    }
}

static void put_user(const struct sink *sink, const struct user_record *record)
{
    const struct user *user = &record->user;
    put_id(sink, &user->id);
    put_number(sink, user->number);
    put_text(sink, user->username);
    put_text(sink, user->email);
    put_text(sink, user->name);
    put_number(sink, user->age);
    put_text(sink, user->metadata);
    put_number(sink, user->status);
    put_number(sink, user->email_verified);
    put_text(sink, record->password_hash);
    put_number(sink, user->created_ms);
    put_number(sink, user->updated_ms);
    put_number(sink, user->last_login_ms);
    put_number(sink, user->deleted_ms);
    put_number(sink, user->epoch);
    put_number(sink, user->version);
    put_number(sink, (int64_t)record->role_count);
    for (size_t i = 0; i < record->role_count; i++) {
        put_id(sink, &record->role_ids[i]);
    }
}

static void put_session(const struct sink *sink, const struct session_record *record)
{
    const struct session *session = &record->session;
    put_id(sink, &session->id);
    put_id(sink, &session->user_id);
    put_text(sink, session->client_id);
    put_text(sink, session->user_agent);
    put_text(sink, session->address);
    put_number(sink, session->created_ms);
    put_number(sink, session->last_used_ms);
    put_number(sink, record->rotated_ms);
    put_number(sink, session->expires_ms);
    put_number(sink, session->counter);
    put_number(sink, session->revoked_ms);
    put_number(sink, session->epoch);
}

static void put_product(const struct sink *sink, const struct product *product)
{
    put_id(sink, &product->id);
    put_number(sink, product->number);
    put_text(sink, product->name);
    put_text(sink, product->description);
    put_number(sink, product->price.units);
    put_number(sink, product->price.places);
    put_id(sink, &product->owner_id);
    put_number(sink, product->created_ms);
    put_number(sink, product->updated_ms);
    put_number(sink, product->version);
}

static void put_audit_event(const struct sink *sink, const struct audit_event *event)
{
    put_id(sink, &event->id);
    put_text(sink, event->event);
    put_number(sink, event->outcome);
    put_number(sink, event->actor);
    put_id(sink, &event->actor_id);
    put_text(sink, event->actor_name);
    put_id(sink, &event->user_id);
    put_text(sink, event->user_name);
    put_text(sink, event->address);
    put_text(sink, event->user_agent);
    put_text(sink, event->request_id);
    put_text(sink, event->reason);
    put_text(sink, event->details);
}

static void put_change(const struct sink *sink, const struct change_record *change)
{
    put_number(sink, change->kind);
    put_id(sink, &change->subject);
}

static void put_counter(const struct sink *sink, const struct counter_record *counter)
{
    put_number(sink, counter->name);
    put_number(sink, counter->value);
}

void record_write(const struct record *record,
                  void (*put)(void *context, const void *bytes, size_t len), void *context)
{
    const struct sink sink = {put, context};
    put_number(&sink, record->kind);
    switch (record->kind) {
#define PUT(name, member, plural)                                                                  \
    case RECORD_##name:                                                                            \
        put_##member(&sink, &record->member);                                                      \
        break;
        RECORD_KINDS(PUT)
#undef PUT
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
}
