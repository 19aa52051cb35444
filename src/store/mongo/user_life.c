#include "store/mongo/user_life.h"

#include "store/mongo/admins.h"
#include "store/mongo/audit_events.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/epochs.h"
#include "store/mongo/stamp.h"
#include "store/mongo/user_change.h"
#include "store/mongo/user_document.h"
#include "store/mongo/user_write.h"
#include "store/mongo/users.h"

static bool is_other_version(const bson_t *user, int64_t if_version)
{
    return if_version != 0 && if_version != doc_get_number(user, "version", 0);
}

/* --- restore ---------------------------------------------------------------------------------- */

static enum result write_restored(struct mongo_handle *handle, const bson_t *before,
                                  const struct user_restore *restore, bson_t *after)
{
    const struct user_patch names = {
        .mask = restore->mask, .username = restore->username, .email = restore->email};
    CLEANUP(mongo_user_change_clear) struct user_change change;
    mongo_user_change_start(&change, before);
    mongo_user_change_take_names(&change, &names);
    doc_add(&change.set, DOC(doc_bool("deleted", false)));
    doc_add(&change.unset, DOC(doc_bool("deleted_at", true)));
    return mongo_user_change_apply(handle, &change, NULL, restore->now_ms, after);
}

static enum result try_restore(struct mongo_handle *handle, const struct id *user_id,
                               const struct user_restore *restore, bool *again)
{
    DOC_LOCAL(before);
    DOC_LOCAL(after);
    enum result result = mongo_users_find(handle, user_id, USER_GONE, &before);
    *again = false;
    if (result == RESULT_OK && is_other_version(&before, restore->if_version)) {
        return RESULT_CONFLICT;
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = write_restored(handle, &before, restore, &after);
    *again = result == RESULT_NOT_FOUND;
    return result;
}

/* Roles may have been deleted, also while the person came back: those go, as from anybody who was
   deleted then. */
static enum result settle_roles(struct mongo_handle *handle, const struct id *user_id,
                                struct arena *arena, int64_t now_ms)
{
    struct grants grants;
    DOC_LOCAL(user);
    enum result result = mongo_users_find(handle, user_id, USER_PRESENT, &user);
    if (result == RESULT_OK) {
        result = mongo_grants_read(&user, arena, &grants);
    }
    if (result == RESULT_OK) {
        result = mongo_grants_confirm(handle, &grants);
    }
    return result == RESULT_INVALID ? mongo_grants_drop(handle, user_id, now_ms) : result;
}

enum result mongo_user_life_restore(struct store_handle *base, const struct id *user_id,
                                    const struct user_restore *restore, struct arena *arena,
                                    struct user *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    bool again = true;
    enum result result = RESULT_OK;
    for (int tries = 0; again && tries < USER_WRITE_TRIES; tries++) {
        result = try_restore(handle, user_id, restore, &again);
    }
    if (again) {
        return RESULT_STORE_UNAVAILABLE;
    }
    if (result == RESULT_OK) {
        result = settle_roles(handle, user_id, arena, restore->now_ms);
    }
    if (result != RESULT_OK) {
        return result;
    }
    DOC_LOCAL(found);
    result = mongo_users_find(handle, user_id, USER_PRESENT, &found);
    return result == RESULT_OK ? mongo_user_document_read(&found, arena, out, NULL) : result;
}

/* --- expired ---------------------------------------------------------------------------------- */

enum result mongo_user_life_expired(struct store_handle *base, int64_t deleted_before_ms,
                                    size_t limit, struct arena *arena, struct user *out,
                                    size_t *count)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result;
    doc_make(&filter, DOC(doc_bool("deleted", true), doc_open("deleted_at"),
                          doc_date("$lt", deleted_before_ms), doc_close()));
    doc_make(&options, DOC(doc_open("sort"), doc_number("deleted_at", 1), doc_number("_id", 1),
                           doc_close(), doc_number("limit", (int64_t)limit)));
    *count = 0;
    CLEANUP(call_close)
    struct call_rows rows = call_find(mongo_handle_of(base), MONGO_USERS, &filter, &options);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        result = mongo_user_document_read(found, arena, &out[*count], NULL);
        if (result != RESULT_OK) {
            return result;
        }
        *count += 1;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- for good --------------------------------------------------------------------------------- */

/* What is left of the person: no name, no hash, nothing to be found by. */
static void write_stub(const bson_t *before, int64_t now_ms, bson_t *out)
{
    struct epochs_state state = mongo_epochs_of(before);
    const struct view none = {NULL, 0};
    char key[EMAIL_MAX_BYTES];
    struct view nobodys = mongo_user_document_key(none, &state.user_id, false, key);
    doc_make(out, DOC(doc_uuid("_id", &state.user_id), doc_bool("purged", true),
                      doc_number("number", doc_get_number(before, "number", 0)),
                      doc_number("epoch", state.epoch + 1), doc_text("username_key", nobodys),
                      doc_text("email_key", nobodys), doc_date("ending_at", now_ms)));
    mongo_stamp_insert(out, now_ms);
}

/* NOT_FOUND when the person has changed since they were read. */
static enum result replace(struct mongo_handle *handle, const bson_t *before, const struct id *op,
                           int64_t now_ms, bson_t *stub)
{
    struct id id = doc_get_id(before, "_id");
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter,
             DOC(doc_uuid("_id", &id), doc_bool("deleted", doc_get_bool(before, "deleted")),
                 doc_number("version", doc_get_number(before, "version", 0)),
                 doc_id("leaving.op", op)));
    write_stub(before, now_ms, &update);
    return call_modify(handle, MONGO_USERS, &filter, &update, 0, NULL, stub);
}

static enum result replace_or_stay(struct mongo_handle *handle, const bson_t *before,
                                   int64_t now_ms, bson_t *stub)
{
    struct id id = doc_get_id(before, "_id");
    struct id op = {{0}};
    if (!mongo_admins_is_one(before)) {
        return replace(handle, before, NULL, now_ms, stub);
    }
    enum result result = mongo_admins_leave(handle, before, &op);
    if (result != RESULT_OK) {
        bson.init(stub);
        return result;
    }
    result = replace(handle, before, &op, now_ms, stub);
    if (result != RESULT_OK) {
        mongo_admins_stay(handle, &id, &op);
    }
    return result;
}

/* The event has the name, which is gone by then. */
static void follow(struct mongo_handle *handle, const struct user_purge *purge,
                   const bson_t *before)
{
    if (purge->event == NULL) {
        return;
    }
    struct audit_event event = *purge->event;
    struct id id = doc_get_id(before, "_id");
    if (event.user_name.at == NULL && id_equal(&event.user_id, &id)) {
        event.user_name = doc_peek_text(before, "username");
    }
    if (event.actor_name.at == NULL && id_equal(&event.actor_id, &id)) {
        event.actor_name = doc_peek_text(before, "username");
    }
    mongo_audit_events_follow(handle, &event);
}

static enum result try_purge(struct mongo_handle *handle, const struct user_purge *purge,
                             int64_t now_ms, bool *again)
{
    DOC_LOCAL(before);
    DOC_LOCAL(stub);
    enum result result = mongo_users_find(handle, &purge->user_id, USER_PRESENT_OR_GONE, &before);
    *again = false;
    if (result == RESULT_OK && is_other_version(&before, purge->if_version)) {
        return RESULT_CONFLICT;
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = replace_or_stay(handle, &before, now_ms, &stub);
    *again = result == RESULT_NOT_FOUND;
    if (result != RESULT_OK) {
        return result;
    }
    follow(handle, purge, &before);
    const struct epochs_state state = mongo_epochs_of(&stub);
    return mongo_epochs_finish(handle, &state, now_ms, NULL);
}

static enum result purge_one(struct mongo_handle *handle, struct user_purge *purge, int64_t now_ms)
{
    bool again = true;
    enum result result = RESULT_OK;
    for (int tries = 0; again && tries < USER_WRITE_TRIES; tries++) {
        result = try_purge(handle, purge, now_ms, &again);
    }
    if (again) {
        return RESULT_STORE_UNAVAILABLE;
    }
    purge->outcome = result;
    bool decided =
        result == RESULT_NOT_FOUND || result == RESULT_CONFLICT || result == RESULT_LAST_ADMIN;
    return decided ? RESULT_OK : result;
}

enum result mongo_user_life_purge(struct store_handle *base, struct user_purge *people,
                                  size_t count, int64_t now_ms)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = purge_one(mongo_handle_of(base), &people[i], now_ms);
    }
    return result;
}
