#include "store/mongo/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/network.h"
#include "store/mongo/audit_events.h"
#include "store/mongo/driver.h"
#include "store/mongo/products.h"
#include "store/mongo/role_write.h"
#include "store/mongo/roles.h"
#include "store/mongo/sessions.h"
#include "store/mongo/settings.h"
#include "store/mongo/user_document.h"

enum mongo_collection mongo_records_collection(enum record_kind kind)
{
    static const enum mongo_collection collections[RECORD_KIND_END] = {
        [RECORD_SETTING] = MONGO_SETTINGS, [RECORD_ROLE] = MONGO_ROLES,
        [RECORD_USER] = MONGO_USERS,       [RECORD_SESSION] = MONGO_SESSIONS,
        [RECORD_PRODUCT] = MONGO_PRODUCTS, [RECORD_AUDIT_EVENT] = MONGO_AUDIT,
    };
    return collections[kind];
}

/* --- making ----------------------------------------------------------------------------------- */

static void make_role(const struct role *role, bson_t *out)
{
    char key[ROLE_NAME_MAX_BYTES];
    DOC_LOCAL(permissions);
    mongo_role_write_permissions(role->permissions, role->permission_count, &permissions);
    doc_make(out,
             DOC(doc_uuid("_id", &role->id), doc_text("name", role->name),
                 doc_text("name_key", user_fold(role->name, key)),
                 doc_text("description", role->description),
                 doc_embed_list("permissions", &permissions), doc_bool("built_in", role->built_in),
                 doc_bool("deleted", false), doc_date("created_at", role->created_ms),
                 doc_date("updated_at", role->updated_ms), doc_number("version", role->version)));
}

static const struct grant *find_role(const struct grant_choice *choice, const struct id *id)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (id_equal(&choice->items[i].id, id)) {
            return &choice->items[i];
        }
    }
    return NULL;
}

static int order_by_name(const void *a_at, const void *b_at)
{
    struct view a = ((const struct grant *)a_at)->name;
    struct view b = ((const struct grant *)b_at)->name;
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static enum result make_user(const struct user_record *record, const struct grant_choice *choice,
                             bson_t *out)
{
    const struct user *user = &record->user;
    struct grants grants = {.count = 0};
    const struct user_draft draft = {.id = user->id,
                                     .username = user->username,
                                     .email = user->email,
                                     .name = user->name,
                                     .age = user->age,
                                     .metadata = user->metadata,
                                     .email_verified = user->email_verified,
                                     .status = user->status,
                                     .password_hash = record->password_hash};
    const struct new_user made = {.draft = &draft,
                                  .grants = &grants,
                                  .number = user->number,
                                  .created_ms = user->created_ms,
                                  .updated_ms = user->updated_ms,
                                  .last_login_ms = user->last_login_ms,
                                  .deleted_ms = user->deleted_ms,
                                  .epoch = user->epoch,
                                  .version = user->version};
    for (size_t i = 0; i < record->role_count; i++) {
        const struct grant *grant = find_role(choice, &record->role_ids[i]);
        if (grant == NULL || grants.count == USER_ROLES_MAX) {
            bson.init(out);
            return RESULT_INVALID;
        }
        grants.items[grants.count++] = *grant;
    }
    qsort(grants.items, grants.count, sizeof grants.items[0], order_by_name);
    mongo_user_document_make(&made, out);
    return RESULT_OK;
}

static void make_session(const struct session_record *record, bson_t *out)
{
    const struct session *session = &record->session;
    char room[NETWORK_SIZE];
    doc_make(out,
             DOC(doc_uuid("_id", &session->id), doc_uuid("user_id", &session->user_id),
                 doc_text("client_id", view_not_null(session->client_id)),
                 doc_text("user_agent", session->user_agent),
                 doc_text("address", view_not_null(session->address)),
                 doc_text("network", view_not_null(network_of(session->address, room))),
                 doc_date("created_at", session->created_ms),
                 doc_date("last_used_at", session->last_used_ms),
                 doc_instant("rotated_at", record->rotated_ms),
                 doc_date("expires_at", session->expires_ms),
                 doc_instant("revoked_at", session->revoked_ms),
                 doc_number("counter", session->counter), doc_number("epoch", session->epoch)));
}

static enum result make(const struct record *record, const struct grant_choice *choice, bson_t *out)
{
    switch (record->kind) {
    case RECORD_SETTING:
        doc_make(out, DOC(doc_text("_id", record->setting.name),
                          mongo_settings_value(record->setting.value)));
        return RESULT_OK;
    case RECORD_ROLE:
        make_role(&record->role, out);
        return RESULT_OK;
    case RECORD_USER:
        return make_user(&record->user, choice, out);
    case RECORD_SESSION:
        make_session(&record->session, out);
        return RESULT_OK;
    case RECORD_PRODUCT:
        mongo_products_make(&record->product, out);
        return RESULT_OK;
    case RECORD_AUDIT_EVENT:
        mongo_audit_events_make(&record->audit_event, out);
        return RESULT_OK;
    case RECORD_KEY:
    case RECORD_CHANGE:
    case RECORD_COUNTER:
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
    bson.init(out);
    return RESULT_INTERNAL;
}

/* BSON has texts of UTF-8 only. */
enum result mongo_records_make(const struct record *record, const struct grant_choice *choice,
                               bson_t *out)
{
    enum result result = make(record, choice, out);
    if (result == RESULT_OK &&
        !bson.validate(out, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL)) {
        result = RESULT_INVALID;
    }
    return result;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int order_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id));
}

static enum result read_user(const bson_t *doc, struct arena *arena, struct user_record *out)
{
    struct grants grants;
    enum result result = mongo_user_document_read(doc, arena, &out->user, &out->password_hash);
    if (result == RESULT_OK) {
        result = mongo_grants_read(doc, arena, &grants);
    }
    if (result != RESULT_OK) {
        return result;
    }
    struct id *ids = arena_take_array(arena, grants.count + 1, sizeof *ids);
    if (ids == NULL) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < grants.count; i++) {
        ids[i] = grants.items[i].id;
    }
    qsort(ids, grants.count, sizeof *ids, order_ids);
    out->role_ids = ids;
    out->role_count = grants.count;
    out->user.roles = NULL;
    out->user.role_count = 0;
    return RESULT_OK;
}

static enum result read_setting(const bson_t *doc, struct arena *arena, struct setting_record *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    out->name = doc_get_text(&reader, "_id");
    out->value = doc_get_bytes(&reader, "value");
    return reader.failure;
}

enum result mongo_records_read(const bson_t *doc, struct arena *arena, struct record *record)
{
    switch (record->kind) {
    case RECORD_SETTING:
        return read_setting(doc, arena, &record->setting);
    case RECORD_ROLE:
        return mongo_roles_of_doc(doc, arena, &record->role);
    case RECORD_USER:
        return read_user(doc, arena, &record->user);
    case RECORD_SESSION:
        record->session.rotated_ms = doc_get_instant(doc, "rotated_at");
        return mongo_sessions_of_doc(doc, arena, &record->session.session);
    case RECORD_PRODUCT:
        return mongo_products_of_doc(doc, arena, &record->product);
    case RECORD_AUDIT_EVENT:
        return mongo_audit_events_of_doc(doc, arena, &record->audit_event);
    case RECORD_KEY:
    case RECORD_CHANGE:
    case RECORD_COUNTER:
    case RECORD_NONE:
    case RECORD_KIND_END:
        break;
    }
    return RESULT_INTERNAL;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* The canonical form, as it comes. */
struct form {
    uint8_t *bytes;
    size_t len;
    size_t room;
};

/* Hashes and secrets are in it. */
static void wipe(struct form *form)
{
    if (form->bytes != NULL) {
        explicit_bzero(form->bytes, form->len);
        bson.free(form->bytes);
    }
}

static void put(void *context, const void *bytes, size_t len)
{
    struct form *form = context;
    if (form->len + len > form->room) {
        size_t room = 2 * (form->len + len);
        uint8_t *larger = bson.malloc(room);
        memcpy(larger, form->len > 0 ? form->bytes : larger, form->len);
        wipe(form);
        form->bytes = larger;
        form->room = room;
    }
    memcpy(form->bytes + form->len, bytes, len);
    form->len += len;
}

bool mongo_records_are_same(const struct record *a, const struct record *b)
{
    struct form forms[2] = {{.bytes = NULL}, {.bytes = NULL}};
    record_write(a, put, &forms[0]);
    record_write(b, put, &forms[1]);
    bool same =
        forms[0].len == forms[1].len && memcmp(forms[0].bytes, forms[1].bytes, forms[0].len) == 0;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        wipe(&forms[i]);
    }
    return same;
}
