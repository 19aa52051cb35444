#include "store/store.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/limits.h"
#include "store/backend.h"
#include "store/meter.h"
#include "store/registry.h"

/* Ends the function with what the back end's slot of that name gives; its variable `handle` says
 * which back end. */
#define RETURN_CALL(operation, ...)                                                                \
    do {                                                                                           \
        const struct store *store_ = handle->store;                                                \
        int64_t start_us = clock_monotonic_us();                                                   \
        return meter_note(store_, METER_##operation, start_us,                                     \
                          store_->backend->operation(__VA_ARGS__));                                \
    } while (0)

static void assert_complete(const struct store_backend *backend)
{
    assert(backend->name != NULL && backend->open != NULL && backend->close != NULL);
    assert(backend->migrate != NULL && backend->handle_open != NULL &&
           backend->handle_close != NULL);
#define ASSERT_SLOT(operation)                                                                     \
    assert(backend->operation != NULL || METER_##operation == METER_sessions_rotate);
    METER_OPERATIONS(ASSERT_SLOT)
#undef ASSERT_SLOT
}

static enum result describe_failure(enum result result, char *message, size_t message_size)
{
    if (result != RESULT_OK && message[0] == '\0') {
        (void)snprintf(message, message_size, "the database cannot be opened");
    }
    return result;
}

enum result store_open(const struct store_options *options, struct store **out, char *message,
                       size_t message_size)
{
    const struct store_backend *backend = NULL;
    assert(message_size > 0);
    *out = NULL;
    message[0] = '\0';
    enum result result = registry_find(options->url, &backend, message, message_size);
    if (result != RESULT_OK) {
        return result;
    }
    assert_complete(backend);
    struct store_meter *meter = meter_new(options->metrics);
    struct store *store = NULL;
    result = meter != NULL ? backend->open(options, &store, message, message_size)
                           : RESULT_STORE_UNAVAILABLE;
    if (result != RESULT_OK) {
        meter_free(meter);
        return describe_failure(result, message, message_size);
    }
    *store = (struct store){.backend = backend, .log = options->log, .meter = meter};
    *out = store;
    return RESULT_OK;
}

enum result store_migrate(const struct store_options *options, enum store_migrate_mode mode,
                          const struct store_migrate_watch *watch, char *message,
                          size_t message_size)
{
    const struct store_backend *backend = NULL;
    assert(message_size > 0 && mode >= STORE_MIGRATE_LOOK && mode <= STORE_MIGRATE_APPLY);
    message[0] = '\0';
    enum result result = registry_find(options->url, &backend, message, message_size);
    if (result == RESULT_OK) {
        result = backend->migrate(options, mode, watch, message, message_size);
    }
    return describe_failure(result, message, message_size);
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    meter_free(store->meter);
    store->backend->close(store);
}

const char *store_name(const struct store *store)
{
    return store->backend->name;
}

bool store_reads_are_local(const struct store *store)
{
    return store->backend->reads_are_local;
}

struct store_handle *store_handle_open(struct store *store)
{
    struct store_handle *handle = store->backend->handle_open(store);
    if (handle != NULL) {
        handle->store = store;
    }
    return handle;
}

void store_handle_close(struct store_handle *handle)
{
    if (handle != NULL) {
        handle->store->backend->handle_close(handle);
    }
}

enum result store_ping(struct store_handle *handle)
{
    RETURN_CALL(ping, handle);
}

/* --- users ------------------------------------------------------------------------------------ */

static bool is_status(enum user_status status)
{
    return status == USER_ACTIVE || status == USER_DISABLED;
}

enum result store_user_create(struct store_handle *handle, const struct user_draft *draft,
                              struct arena *arena, struct user *out)
{
    assert(!id_is_nil(&draft->id) && draft->username.len > 0 && is_status(draft->status));
    assert(draft->username.len <= USERNAME_MAX_BYTES && draft->email.len <= EMAIL_MAX_BYTES);
    assert(draft->role_count <= USER_ROLES_MAX && arena != NULL && out != NULL);
    RETURN_CALL(user_create, handle, draft, arena, out);
}

enum result store_user_get(struct store_handle *handle, const struct user_key *key,
                           struct arena *arena, struct user *out)
{
    assert(key->kind <= USER_BY_EMAIL && arena != NULL && out != NULL);
    assert(key->presence <= USER_PRESENT_OR_GONE);
    const struct store *store = handle->store;
    if (store->backend->user_recall != NULL &&
        store->backend->user_recall(handle, key, arena, out)) {
        meter_note_recall(store, METER_user_get);
        return RESULT_OK;
    }
    RETURN_CALL(user_get, handle, key, arena, out);
}

enum result store_user_get_credentials(struct store_handle *handle, const struct user_key *key,
                                       struct arena *arena, struct user_credentials *out)
{
    assert(key->kind <= USER_BY_EMAIL && arena != NULL && out != NULL);
    assert(key->presence <= USER_PRESENT);
    RETURN_CALL(user_get_credentials, handle, key, arena, out);
}

enum result store_user_update(struct store_handle *handle, const struct id *user_id,
                              const struct user_patch *patch, struct arena *arena, struct user *out)
{
    assert((patch->mask & USER_FIELD_USERNAME) == 0 || patch->username.len > 0);
    assert(patch->username.len <= USERNAME_MAX_BYTES && patch->email.len <= EMAIL_MAX_BYTES);
    assert((patch->mask & USER_FIELD_STATUS) == 0 || is_status(patch->status));
    assert((patch->mask & USER_FIELD_ROLES) == 0 || patch->role_count <= USER_ROLES_MAX);
    assert(patch->if_version >= 0 && (out == NULL || arena != NULL));
    RETURN_CALL(user_update, handle, user_id, patch, arena, out);
}

enum result store_user_delete(struct store_handle *handle, const struct id *user_id,
                              int64_t if_version, int64_t now_ms)
{
    assert(if_version >= 0 && now_ms > 0);
    RETURN_CALL(user_delete, handle, user_id, if_version, now_ms);
}

enum result store_user_restore(struct store_handle *handle, const struct id *user_id,
                               const struct user_restore *restore, struct arena *arena,
                               struct user *out)
{
    assert((restore->mask & ~(unsigned)(USER_FIELD_USERNAME | USER_FIELD_EMAIL)) == 0);
    assert((restore->mask & USER_FIELD_USERNAME) == 0 || restore->username.len > 0);
    assert(restore->username.len <= USERNAME_MAX_BYTES && restore->email.len <= EMAIL_MAX_BYTES);
    assert(restore->if_version >= 0 && restore->now_ms > 0 && arena != NULL && out != NULL);
    RETURN_CALL(user_restore, handle, user_id, restore, arena, out);
}

enum result store_users_expired(struct store_handle *handle, int64_t deleted_before_ms,
                                size_t limit, struct arena *arena, struct user *out, size_t *count)
{
    assert(deleted_before_ms > 0 && limit >= 1 && limit <= STORE_PURGE_MAX && arena != NULL);
    RETURN_CALL(users_expired, handle, deleted_before_ms, limit, arena, out, count);
}

enum result store_users_purge(struct store_handle *handle, struct user_purge *people, size_t count,
                              int64_t now_ms)
{
    assert(count <= STORE_PURGE_MAX && now_ms > 0);
    for (size_t i = 0; i < count; i++) {
        assert(people[i].if_version >= 0);
    }
    RETURN_CALL(users_purge, handle, people, count, now_ms);
}

enum result store_user_list(struct store_handle *handle, const struct user_list_request *request,
                            struct arena *arena, struct user_page *out)
{
    assert(request->limit >= 1 && request->limit <= LIST_LIMIT_MAX && request->offset >= 0);
    assert(request->sort_count <= USER_SORT_COUNT);
    RETURN_CALL(user_list, handle, request, arena, out);
}

enum result store_user_list_tend(struct store_handle *handle, int64_t changes_min, bool *more)
{
    assert(changes_min >= 0);
    *more = false;
    RETURN_CALL(user_list_tend, handle, changes_min, more);
}

enum result store_user_seed(struct store_handle *handle, const struct user_seed *people,
                            size_t count)
{
    assert(count <= STORE_SEED_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(people[i].draft.username.len <= USERNAME_MAX_BYTES);
        assert(people[i].draft.email.len <= EMAIL_MAX_BYTES);
    }
    RETURN_CALL(user_seed, handle, people, count);
}

enum result store_user_any(struct store_handle *handle, bool *out)
{
    RETURN_CALL(user_any, handle, out);
}

enum result store_hash_kinds(struct store_handle *handle, int64_t sample, struct arena *arena,
                             struct store_hash_kind out[STORE_HASH_KINDS_MAX], size_t *count)
{
    assert(sample > 0);
    RETURN_CALL(hash_kinds, handle, sample, arena, out, count);
}

/* --- import and export ------------------------------------------------------------------------ */

static void assert_import(const struct user_import *row)
{
    assert(!id_is_nil(&row->draft.id) && is_status(row->draft.status));
    assert(row->draft.username.len > 0 && row->draft.username.len <= USERNAME_MAX_BYTES);
    assert(row->draft.email.len <= EMAIL_MAX_BYTES && row->draft.role_count <= USER_ROLES_MAX);
    assert(row->identity >= USER_IMPORT_BY_ID && row->identity <= USER_IMPORT_BY_NAMES);
    assert(row->identity != USER_IMPORT_BY_EMAIL || row->draft.email.at != NULL);
}

enum result store_users_import(struct store_handle *handle, struct user_import *rows, size_t count)
{
    assert(count <= STORE_IMPORT_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_import(&rows[i]);
    }
    RETURN_CALL(users_import, handle, rows, count);
}

enum result store_users_export(struct store_handle *handle, int64_t after, size_t limit,
                               struct arena *arena, struct user_credentials *out, size_t *count)
{
    assert(after >= 0 && limit >= 1 && limit <= STORE_EXPORT_MAX);
    RETURN_CALL(users_export, handle, after, limit, arena, out, count);
}

/* --- sessions --------------------------------------------------------------------------------- */

enum result store_session_create(struct store_handle *handle, const struct session_draft *draft)
{
    const struct session *session = &draft->session;
    assert(!id_is_nil(&session->id) && !id_is_nil(&session->user_id));
    assert(session->counter >= 1 && session->expires_ms > session->created_ms);
    assert(draft->idle_ms > 0);
    RETURN_CALL(session_create, handle, draft);
}

enum result store_session_rotate(struct store_handle *handle,
                                 const struct session_rotation *rotation, struct arena *arena,
                                 enum session_rotation_outcome *outcome, struct session *session,
                                 struct user *user)
{
    assert(rotation->idle_ms > 0 && rotation->grace_ms >= 0 && rotation->now_ms > 0);
    RETURN_CALL(session_rotate, handle, rotation, arena, outcome, session, user);
}

bool store_rotates_together(const struct store *store)
{
    return store->backend->sessions_rotate != NULL;
}

static enum result rotate_together(struct store_handle *handle,
                                   struct session_rotating *const *items, size_t count)
{
    RETURN_CALL(sessions_rotate, handle, items, count);
}

void store_sessions_rotate(struct store_handle *handle, struct session_rotating *const *items,
                           size_t count)
{
    assert(count >= 1 && count <= STORE_ROTATE_MAX);
    bool together = count > 1 && store_rotates_together(handle->store);
    enum result result = together ? rotate_together(handle, items, count) : RESULT_OK;
    for (size_t i = 0; i < count; i++) {
        struct session_rotating *item = items[i];
        if (!together) {
            item->result = store_session_rotate(handle, &item->asked, item->arena, &item->outcome,
                                                &item->session, &item->user);
        } else if (result != RESULT_OK) {
            item->result = result;
        }
    }
}

enum result store_session_get(struct store_handle *handle, const struct id *session_id,
                              int64_t now_ms, int64_t idle_ms, struct arena *arena,
                              struct session *out)
{
    assert(idle_ms > 0);
    RETURN_CALL(session_get, handle, session_id, now_ms, idle_ms, arena, out);
}

enum result store_session_list(struct store_handle *handle, const struct id *user_id,
                               int64_t now_ms, int64_t idle_ms, struct arena *arena,
                               struct session_page *out)
{
    assert(idle_ms > 0);
    RETURN_CALL(session_list, handle, user_id, now_ms, idle_ms, arena, out);
}

enum result store_session_end(struct store_handle *handle, const struct id *user_id,
                              const struct id *session_id, int64_t now_ms)
{
    assert(now_ms > 0);
    RETURN_CALL(session_end, handle, user_id, session_id, now_ms);
}

enum result store_session_end_all(struct store_handle *handle, const struct id *user_id,
                                  const struct id *keep, int64_t now_ms, int64_t *ended)
{
    assert(now_ms > 0);
    RETURN_CALL(session_end_all, handle, user_id, keep, now_ms, ended);
}

enum result store_session_knows_address(struct store_handle *handle, const struct id *user_id,
                                        struct view address, bool *out)
{
    RETURN_CALL(session_knows_address, handle, user_id, address, out);
}

/* --- failed attempts -------------------------------------------------------------------------- */

static void assert_attempts(const struct attempt *attempts, size_t count)
{
    assert(count <= STORE_ATTEMPTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(attempts[i].key.len > 0 && attempts[i].key.len <= STORE_ATTEMPT_KEY_MAX_BYTES);
        assert(attempts[i].limit > 0);
    }
}

enum result store_attempt_count(struct store_handle *handle, const struct attempt *attempts,
                                size_t count, int64_t now_ms, int64_t window_ms,
                                int64_t *locked_until_ms)
{
    assert_attempts(attempts, count);
    assert(window_ms > 0);
    RETURN_CALL(attempt_count, handle, attempts, count, now_ms, window_ms, locked_until_ms);
}

enum result store_attempt_fail(struct store_handle *handle, const struct attempt *attempts,
                               size_t count, int64_t now_ms, int64_t window_ms,
                               const struct attempt_events *events, bool *locked)
{
    assert_attempts(attempts, count);
    assert(locked != NULL);
    RETURN_CALL(attempt_fail, handle, attempts, count, now_ms, window_ms, events, locked);
}

enum result store_attempt_clear(struct store_handle *handle, const struct attempt *attempts,
                                size_t count)
{
    assert_attempts(attempts, count);
    RETURN_CALL(attempt_clear, handle, attempts, count);
}

enum result store_attempt_return(struct store_handle *handle, const struct attempt *attempts,
                                 size_t count)
{
    assert_attempts(attempts, count);
    RETURN_CALL(attempt_return, handle, attempts, count);
}

/* --- roles, keys, settings -------------------------------------------------------------------- */

enum result store_role_list(struct store_handle *handle, struct arena *arena,
                            const struct role **out, size_t *count)
{
    RETURN_CALL(role_list, handle, arena, out, count);
}

enum result store_role_get(struct store_handle *handle, struct view name, struct arena *arena,
                           struct role *out)
{
    assert(arena != NULL && out != NULL);
    RETURN_CALL(role_get, handle, name, arena, out);
}

static void assert_permissions(const struct view *permissions, size_t count)
{
    assert(count <= ROLE_PERMISSIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(permissions[i].len > 0 && permissions[i].len <= PERMISSION_MAX_BYTES);
    }
}

enum result store_role_create(struct store_handle *handle, const struct role_draft *draft,
                              struct arena *arena, struct role *out)
{
    assert(!id_is_nil(&draft->id) && draft->now_ms > 0 && arena != NULL && out != NULL);
    assert(draft->name.len > 0 && draft->name.len <= ROLE_NAME_MAX_BYTES);
    assert_permissions(draft->permissions, draft->permission_count);
    RETURN_CALL(role_create, handle, draft, arena, out);
}

enum result store_role_update(struct store_handle *handle, const struct id *role_id,
                              const struct role_patch *patch, struct arena *arena, struct role *out)
{
    assert(patch->if_version > 0 && patch->now_ms > 0 && arena != NULL && out != NULL);
    assert_permissions(patch->permissions, patch->permission_count);
    RETURN_CALL(role_update, handle, role_id, patch, arena, out);
}

enum result store_role_delete(struct store_handle *handle, const struct id *role_id,
                              int64_t if_version, int64_t now_ms, int64_t *holders)
{
    assert(if_version > 0 && now_ms > 0 && holders != NULL);
    RETURN_CALL(role_delete, handle, role_id, if_version, now_ms, holders);
}

enum result store_key_list(struct store_handle *handle, struct arena *arena,
                           const struct stored_key **out, size_t *count)
{
    RETURN_CALL(key_list, handle, arena, out, count);
}

enum result store_key_create_first(struct store_handle *handle, const struct stored_key *key,
                                   int64_t now_ms)
{
    assert(key->key_id.len > 0 && key->algorithm.len > 0 && key->material.len > 0);
    RETURN_CALL(key_create_first, handle, key, now_ms);
}

enum result store_key_rotate(struct store_handle *handle, const struct stored_key *key,
                             int64_t retire_others_ms, int64_t now_ms)
{
    assert(key->key_id.len > 0 && key->algorithm.len > 0 && key->material.len > 0);
    assert(retire_others_ms > 0);
    RETURN_CALL(key_rotate, handle, key, retire_others_ms, now_ms);
}

enum result store_key_retire(struct store_handle *handle, struct view key_id, struct view in_force,
                             int64_t now_ms)
{
    assert(now_ms > 0);
    RETURN_CALL(key_retire, handle, key_id, in_force, now_ms);
}

enum result store_setting_keep(struct store_handle *handle, struct view name, struct view value,
                               struct arena *arena, struct view *out)
{
    assert(name.len > 0);
    RETURN_CALL(setting_keep, handle, name, value, arena, out);
}

/* --- audit events ----------------------------------------------------------------------------- */

enum result store_audit_append(struct store_handle *handle, const struct audit_event *event)
{
    assert(!id_is_nil(&event->id) && event->event.len > 0);
    assert(event->outcome != 0 && event->actor != 0);
    RETURN_CALL(audit_append, handle, event);
}

enum result store_audit_list(struct store_handle *handle, const struct audit_query *query,
                             struct arena *arena, struct audit_page *out)
{
    assert(query->limit >= 1 && query->limit <= LIST_LIMIT_MAX && arena != NULL);
    RETURN_CALL(audit_list, handle, query, arena, out);
}

/* --- change feed and housekeeping ------------------------------------------------------------- */

enum result store_changes_read(struct store_handle *handle, struct change_cursor *cursor,
                               int64_t since_ms, struct arena *arena,
                               bool (*visit)(void *context, const struct change *change),
                               void *context)
{
    assert(visit != NULL);
    RETURN_CALL(changes_read, handle, cursor, since_ms, arena, visit, context);
}

int store_changes_descriptor(struct store_handle *handle)
{
    const struct store_backend *backend = handle->store->backend;
    return backend->changes_descriptor != NULL ? backend->changes_descriptor(handle) : -1;
}

enum result store_purge(struct store_handle *handle, const struct purge_limits *limits, bool *more)
{
    assert(limits->batch > 0);
    RETURN_CALL(purge, handle, limits, more);
}

/* --- products --------------------------------------------------------------------------------- */

static bool is_price(const struct decimal *price)
{
    return price->units >= 0 && price->units <= DECIMAL_UNITS_MAX && price->places >= 0 &&
           price->places <= DECIMAL_PLACES_MAX;
}

enum result store_product_create(struct store_handle *handle, const struct product_draft *draft,
                                 struct arena *arena, struct product *out)
{
    assert(!id_is_nil(&draft->id) && !id_is_nil(&draft->owner_id) && draft->name.len > 0);
    assert(is_price(&draft->price) && arena != NULL && out != NULL);
    RETURN_CALL(product_create, handle, draft, arena, out);
}

enum result store_product_get(struct store_handle *handle, const struct product_key *key,
                              struct arena *arena, struct product *out)
{
    assert(key->kind <= PRODUCT_BY_NUMBER && arena != NULL && out != NULL);
    RETURN_CALL(product_get, handle, key, arena, out);
}

enum result store_product_update(struct store_handle *handle, const struct product_key *key,
                                 const struct product_patch *patch, struct arena *arena,
                                 struct product *out)
{
    assert((patch->mask & PRODUCT_FIELD_NAME) == 0 || patch->name.len > 0);
    assert((patch->mask & PRODUCT_FIELD_PRICE) == 0 || is_price(&patch->price));
    assert(patch->if_version >= 0 && arena != NULL && out != NULL);
    RETURN_CALL(product_update, handle, key, patch, arena, out);
}

enum result store_product_delete(struct store_handle *handle, const struct product_key *key,
                                 int64_t if_version, struct arena *arena, struct product *out)
{
    assert(if_version >= 0 && arena != NULL && out != NULL);
    RETURN_CALL(product_delete, handle, key, if_version, arena, out);
}

enum result store_product_list(struct store_handle *handle,
                               const struct product_list_request *request, struct arena *arena,
                               struct product_page *out)
{
    assert(request->limit >= 1 && request->limit <= LIST_LIMIT_MAX && request->offset >= 0);
    assert(request->sort_count <= PRODUCT_SORT_FIELD_COUNT);
    RETURN_CALL(product_list, handle, request, arena, out);
}

/* --- moving everything to another store ------------------------------------------------------- */

enum result store_standing(struct store_handle *handle, enum store_standing *out)
{
    RETURN_CALL(standing, handle, out);
}

enum result store_dump(struct store_handle *handle, const struct record_query *query,
                       struct arena *arena, struct record_page *out)
{
    assert(query->kind > RECORD_NONE && query->kind < RECORD_KIND_END && arena != NULL);
    assert(query->limit >= 1 && query->limit <= STORE_DUMP_MAX);
    RETURN_CALL(dump, handle, query, arena, out);
}

enum result store_dump_counts(struct store_handle *handle, int64_t changes_since_ms,
                              int64_t counts[RECORD_KIND_END])
{
    RETURN_CALL(dump_counts, handle, changes_since_ms, counts);
}

enum result store_load_begin(struct store_handle *handle)
{
    RETURN_CALL(load_begin, handle);
}

enum result store_load(struct store_handle *handle, const struct record *records, size_t count,
                       size_t *refused)
{
    assert(count <= STORE_LOAD_MAX && refused != NULL);
    *refused = 0;
    for (size_t i = 0; i < count; i++) {
        assert(records[i].kind > RECORD_NONE && records[i].kind < RECORD_KIND_END);
        assert(records[i].kind == records[0].kind);
        if (!record_is_within_limits(&records[i])) {
            *refused = i;
            return RESULT_INVALID;
        }
    }
    RETURN_CALL(load, handle, records, count, refused);
}

enum result store_load_end(struct store_handle *handle)
{
    RETURN_CALL(load_end, handle);
}
