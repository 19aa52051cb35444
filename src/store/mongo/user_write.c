#include "store/mongo/user_write.h"

#include "store/decide.h"
#include "store/mongo/admins.h"
#include "store/mongo/audit_events.h"
#include "store/mongo/call.h"
#include "store/mongo/counters.h"
#include "store/mongo/driver.h"
#include "store/mongo/epochs.h"
#include "store/mongo/roles.h"
#include "store/mongo/stamp.h"
#include "store/mongo/user_change.h"
#include "store/mongo/users.h"

enum result mongo_user_write_refusal(const char *key)
{
    struct view field = view_of(key);
    if (view_is(field, "username_key")) {
        return RESULT_USERNAME_TAKEN;
    }
    return view_is(field, "email_key") ? RESULT_EMAIL_TAKEN : RESULT_CONFLICT;
}

/* --- create ----------------------------------------------------------------------------------- */

/* An id whose former bearer is gone for good may come back, by an import: what the feed has to tell
   of them stays. */
static enum result replace_purged(struct mongo_handle *handle, const struct id *id,
                                  const bson_t *doc, struct call_refusal *refusal)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    DOC_LOCAL(set);
    bson.init(&set);
    bson.copy_to_excluding_noinit(doc, &set, "_id", NULL);
    doc_make(&filter, DOC(doc_uuid("_id", id), doc_bool("purged", true), doc_null("ending_at")));
    doc_make(&update, DOC(doc_embed("$set", &set), doc_open("$unset"), doc_bool("purged", true),
                          doc_close()));
    return call_update(handle, MONGO_USERS, &filter, &update, refusal);
}

enum result mongo_user_write_insert(struct mongo_handle *handle, const struct new_user *made)
{
    struct call_refusal refusal;
    DOC_LOCAL(doc);
    mongo_user_document_make(made, &doc);
    enum result result = call_insert(handle, MONGO_USERS, &doc, &refusal);
    if (result == RESULT_CONFLICT && view_is(view_of(refusal.key), "_id")) {
        result = replace_purged(handle, &made->draft->id, &doc, &refusal);
        result = result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
    }
    return result == RESULT_CONFLICT ? mongo_user_write_refusal(refusal.key) : result;
}

/* Nobody knows of the person yet. */
static void take_back(struct mongo_handle *handle, const struct id *id)
{
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_uuid("_id", id)));
    enum result result = call_delete(handle, MONGO_USERS, &filter);
    (void)result; /* logged; the name stays taken then */
}

static enum result create(struct mongo_handle *handle, const struct user_draft *draft,
                          const struct grants *grants)
{
    struct new_user made = {.draft = draft,
                            .grants = grants,
                            .created_ms = draft->now_ms,
                            .updated_ms = draft->now_ms,
                            .epoch = 1,
                            .version = 1};
    enum result result = mongo_counters_take(handle, COUNTER_USERS, 1, &made.number);
    if (result == RESULT_OK) {
        result = mongo_user_write_insert(handle, &made);
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = mongo_grants_confirm(handle, grants);
    if (result == RESULT_INVALID) {
        take_back(handle, &draft->id);
    }
    return result;
}

enum result mongo_user_write_create(struct store_handle *base, const struct user_draft *draft,
                                    struct arena *arena, struct user *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    struct grants grants;
    enum result result =
        mongo_grants_find(handle, draft->roles, draft->role_ids, draft->role_count, &grants);
    if (result == RESULT_OK) {
        result = create(handle, draft, &grants);
    }
    if (result != RESULT_OK) {
        return result;
    }
    mongo_audit_events_follow(handle, draft->event);
    DOC_LOCAL(found);
    result = mongo_users_find(handle, &draft->id, USER_PRESENT, &found);
    return result == RESULT_OK ? mongo_user_document_read(&found, arena, out, NULL) : result;
}

/* --- update ----------------------------------------------------------------------------------- */

/* One update, over all its tries. */
struct updating {
    struct mongo_handle *handle;
    const struct id *user_id;
    const struct user_patch *patch;
    struct grants grants; /* for USER_FIELD_ROLES */
    bool ends_sessions;
};

static bool leaves_admins(const struct updating *updating, const bson_t *before)
{
    const struct user_patch *patch = updating->patch;
    bool disables = (patch->mask & USER_FIELD_STATUS) != 0 && patch->status != USER_ACTIVE;
    bool demotes = (patch->mask & USER_FIELD_ROLES) != 0 &&
                   !mongo_grants_include(&updating->grants, &mongo_roles_admin);
    return mongo_admins_is_one(before) && (disables || demotes);
}

/* NOT_FOUND: the person has changed since they were read. */
static enum result apply(struct updating *updating, const bson_t *before, const struct id *op,
                         bson_t *after)
{
    const struct user_patch *patch = updating->patch;
    CLEANUP(mongo_user_change_clear) struct user_change change;
    mongo_user_change_start(&change, before);
    mongo_user_change_add_patch(&change, patch, &updating->grants);
    if (updating->ends_sessions) {
        mongo_epochs_add_end(before, decide_kept_session(patch), patch->now_ms, &change.set,
                             &change.unset, &change.inc);
    }
    return mongo_user_change_apply(updating->handle, &change, op, patch->now_ms, after);
}

/* The same for one who may have to leave the admins with it. */
static enum result apply_or_stay(struct updating *updating, const bson_t *before, bson_t *after)
{
    struct id op = {{0}};
    if (!leaves_admins(updating, before)) {
        return apply(updating, before, NULL, after);
    }
    enum result result = mongo_admins_leave(updating->handle, before, &op);
    if (result != RESULT_OK) {
        bson.init(after);
        return result;
    }
    result = apply(updating, before, &op, after);
    if (result != RESULT_OK) {
        mongo_admins_stay(updating->handle, updating->user_id, &op);
    }
    return result;
}

/* *again: another change came first. before and after are always to be destroyed. */
static enum result try_update(struct updating *updating, bson_t *before, bson_t *after, bool *again)
{
    int64_t if_version = updating->patch->if_version;
    enum result result =
        mongo_users_find(updating->handle, updating->user_id, USER_PRESENT, before);
    *again = false;
    if (result == RESULT_OK && if_version != 0 &&
        if_version != doc_get_number(before, "version", 0)) {
        result = RESULT_CONFLICT;
    }
    if (result != RESULT_OK) {
        bson.init(after);
        return result;
    }
    result = apply_or_stay(updating, before, after);
    *again = result == RESULT_NOT_FOUND;
    return result;
}

/* What the refused update has changed becomes as it was; sessions that it ended stay ended.
   NOT_FOUND or a refusal when somebody has gone on from there. */
static enum result write_back(struct updating *updating, const bson_t *before, const bson_t *after)
{
    struct epochs_state state = mongo_epochs_of(after);
    int64_t version = doc_get_number(after, "version", 0);
    DOC_LOCAL(filter);
    DOC_LOCAL(old);
    DOC_LOCAL(unwanted);
    bson.copy_to_excluding_noinit(before, &old, "version", "epoch", "kept", "ending_at", "leaving",
                                  "chg", "changed_at", NULL);
    doc_add(&old, DOC(doc_number("version", version + 1), doc_number("epoch", state.epoch),
                      doc_instant("ending_at", state.ending_ms)));
    if (!id_is_nil(&state.kept)) {
        doc_add(&old, DOC(doc_open("kept"), doc_id("session", &state.kept),
                          doc_number("since", state.kept_since), doc_close()));
    }
    mongo_stamp_insert(&old, updating->patch->now_ms);
    doc_make(&filter, DOC(doc_uuid("_id", updating->user_id), doc_number("version", version)));
    return call_modify(updating->handle, MONGO_USERS, &filter, &old, 0, NULL, &unwanted);
}

/* A role was deleted before this person could be seen to hold it. */
static enum result undo(struct updating *updating, const bson_t *before, const bson_t *after)
{
    enum result result = write_back(updating, before, after);
    if (result == RESULT_NOT_FOUND || result == RESULT_CONFLICT) {
        result = mongo_grants_drop(updating->handle, updating->user_id, updating->patch->now_ms);
    }
    return result == RESULT_OK ? RESULT_INVALID : result;
}

static enum result finish(struct updating *updating, const bson_t *before, const bson_t *after)
{
    enum result result = RESULT_OK;
    if (updating->ends_sessions) {
        const struct epochs_state state = mongo_epochs_of(after);
        result = mongo_epochs_finish(updating->handle, &state, updating->patch->now_ms, NULL);
    }
    if (result == RESULT_OK && (updating->patch->mask & USER_FIELD_ROLES) != 0) {
        result = mongo_grants_confirm(updating->handle, &updating->grants);
    }
    return result == RESULT_INVALID ? undo(updating, before, after) : result;
}

static enum result update(struct updating *updating, struct arena *arena, struct user *out)
{
    bool again = true;
    enum result result = RESULT_STORE_UNAVAILABLE;
    for (int tries = 0; again && tries < USER_WRITE_TRIES; tries++) {
        DOC_LOCAL(before);
        DOC_LOCAL(after);
        result = try_update(updating, &before, &after, &again);
        if (result == RESULT_OK) {
            result = finish(updating, &before, &after);
        }
        if (result == RESULT_OK && out != NULL) {
            result = mongo_user_document_read(&after, arena, out, NULL);
        }
    }
    return again ? RESULT_STORE_UNAVAILABLE : result;
}

enum result mongo_user_write_update(struct store_handle *base, const struct id *user_id,
                                    const struct user_patch *patch, struct arena *arena,
                                    struct user *out)
{
    struct updating updating = {
        .handle = mongo_handle_of(base),
        .user_id = user_id,
        .patch = patch,
        .ends_sessions = decide_ends_sessions(patch),
    };
    enum result result = RESULT_OK;
    if ((patch->mask & USER_FIELD_ROLES) != 0) {
        result = mongo_grants_find(updating.handle, patch->roles, patch->role_ids,
                                   patch->role_count, &updating.grants);
    }
    return result == RESULT_OK ? update(&updating, arena, out) : result;
}

/* --- delete ----------------------------------------------------------------------------------- */

/* One update: both keys become nobody's, and all sessions end. */
static enum result mark_deleted(struct mongo_handle *handle, const bson_t *before,
                                const struct id *op, int64_t now_ms, bson_t *after)
{
    const struct view none = {NULL, 0};
    struct id id = doc_get_id(before, "_id");
    char username_key[EMAIL_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    CLEANUP(mongo_user_change_clear) struct user_change change;
    mongo_user_change_start(&change, before);
    doc_add(&change.set,
            DOC(doc_bool("deleted", true), doc_date("deleted_at", now_ms),
                doc_text("username_key", mongo_user_document_key(none, &id, false, username_key)),
                doc_text("email_key", mongo_user_document_key(none, &id, false, email_key))));
    mongo_epochs_add_end(before, NULL, now_ms, &change.set, &change.unset, &change.inc);
    return mongo_user_change_apply(handle, &change, op, now_ms, after);
}

static enum result delete_or_stay(struct mongo_handle *handle, const bson_t *before, int64_t now_ms,
                                  bson_t *after)
{
    struct id id = doc_get_id(before, "_id");
    struct id op = {{0}};
    if (!mongo_admins_is_one(before)) {
        return mark_deleted(handle, before, NULL, now_ms, after);
    }
    enum result result = mongo_admins_leave(handle, before, &op);
    if (result != RESULT_OK) {
        bson.init(after);
        return result;
    }
    result = mark_deleted(handle, before, &op, now_ms, after);
    if (result != RESULT_OK) {
        mongo_admins_stay(handle, &id, &op);
    }
    return result;
}

static enum result try_delete(struct mongo_handle *handle, const struct id *user_id,
                              int64_t if_version, int64_t now_ms, bool *again)
{
    DOC_LOCAL(before);
    DOC_LOCAL(after);
    enum result result = mongo_users_find(handle, user_id, USER_PRESENT, &before);
    *again = false;
    if (result == RESULT_OK && if_version != 0 &&
        if_version != doc_get_number(&before, "version", 0)) {
        return RESULT_CONFLICT;
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = delete_or_stay(handle, &before, now_ms, &after);
    *again = result == RESULT_NOT_FOUND;
    if (result != RESULT_OK) {
        return result;
    }
    const struct epochs_state state = mongo_epochs_of(&after);
    return mongo_epochs_finish(handle, &state, now_ms, NULL);
}

enum result mongo_user_write_delete(struct store_handle *base, const struct id *user_id,
                                    int64_t if_version, int64_t now_ms)
{
    bool again = true;
    enum result result = RESULT_STORE_UNAVAILABLE;
    for (int tries = 0; again && tries < USER_WRITE_TRIES; tries++) {
        result = try_delete(mongo_handle_of(base), user_id, if_version, now_ms, &again);
    }
    return again ? RESULT_STORE_UNAVAILABLE : result;
}
