#include "store/postgres/user_write.h"

#include "store/decide.h"
#include "store/postgres/audit_events.h"
#include "store/postgres/changes.h"
#include "store/postgres/sessions.h"
#include "store/postgres/transaction.h"
#include "store/postgres/users.h"

#define NONE (SIZE_MAX) /* no statement of a batch */

/* --- values ----------------------------------------------------------------------------------- */

bool postgres_user_write_fold(struct view username, struct view email, struct view name,
                              struct postgres_user_keys *out)
{
    struct view none = view_make(NULL, 0);
    if (username.len > sizeof out->username_room || email.len > sizeof out->email_room ||
        UTF8_FOLD_SIZE(name.len) > sizeof out->name_room) {
        return false;
    }
    out->username = username.at != NULL ? user_fold(username, out->username_room) : none;
    out->email = email.at != NULL ? user_fold(email, out->email_room) : none;
    out->name = name.at != NULL ? utf8_fold(name, out->name_room) : none;
    return true;
}

struct pgsql_value postgres_user_write_age(int age)
{
    return age == USER_AGE_UNKNOWN ? pgsql_id(NULL) : pgsql_number(age);
}

struct pgsql_value postgres_user_write_names(struct builder *builder, const struct view *names,
                                             size_t count)
{
    struct pgsql_array array;
    pgsql_array_begin(&array, builder, PGSQL_TEXT_ARRAY, count);
    for (size_t i = 0; i < count; i++) {
        pgsql_array_add(&array, pgsql_text(names[i]));
    }
    return pgsql_array_end(&array);
}

/* ids NULL: an empty array, which leaves each name without one. */
static struct pgsql_value id_array(struct builder *builder, const struct id *ids, size_t count)
{
    struct pgsql_array array;
    size_t given = ids != NULL ? count : 0;
    pgsql_array_begin(&array, builder, PGSQL_UUID_ARRAY, given);
    for (size_t i = 0; i < given; i++) {
        pgsql_array_add(&array, pgsql_id(&ids[i]));
    }
    return pgsql_array_end(&array);
}

/* The roles asked for, as two arrays. */
struct roles_asked {
    char names_room[POSTGRES_ROLE_NAMES_BYTES];
    char ids_room[PGSQL_ARRAY_BYTES(USER_ROLES_MAX, USER_ROLES_MAX * sizeof(struct id))];
    struct builder names_builder;
    struct builder ids_builder;
    struct pgsql_value names;
    struct pgsql_value ids;
};

static void ask_roles(struct roles_asked *out, const struct view *names, const struct id *ids,
                      size_t count)
{
    builder_init_fixed(&out->names_builder, out->names_room, sizeof out->names_room);
    builder_init_fixed(&out->ids_builder, out->ids_room, sizeof out->ids_room);
    out->names = postgres_user_write_names(&out->names_builder, names, count);
    out->ids = id_array(&out->ids_builder, ids, count);
}

/* --- create ----------------------------------------------------------------------------------- */

/* INVALID when a role is missing. */
static enum result insert(struct postgres_handle *handle, const struct user_draft *draft)
{
    struct postgres_user_keys keys;
    struct roles_asked roles;
    if (!postgres_user_write_fold(draft->username, draft->email, draft->name, &keys)) {
        return RESULT_INVALID;
    }
    ask_roles(&roles, draft->roles, draft->role_ids, draft->role_count);
    struct view metadata = view_is_empty(draft->metadata) ? VIEW("{}") : draft->metadata;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    size_t made = pgsql_add(
        &batch, STATEMENT_USER_CREATE,
        PGSQL_BIND(pgsql_id(&draft->id), pgsql_text(draft->username), pgsql_text(keys.username),
                   pgsql_text(draft->email), pgsql_text(keys.email), pgsql_text(draft->name),
                   pgsql_text(keys.name), postgres_user_write_age(draft->age), pgsql_text(metadata),
                   pgsql_number(draft->status), pgsql_number(draft->email_verified),
                   pgsql_text(draft->password_hash), pgsql_number(draft->now_ms), roles.names,
                   roles.ids));
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK && pgsql_rows(&batch, made) == 0 ? RESULT_INVALID : result;
}

static enum result complete(struct postgres_handle *handle, const struct user_draft *draft,
                            struct arena *arena, struct user *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    if (draft->event != NULL) {
        (void)postgres_audit_events_add(&batch, draft->event);
    }
    size_t user = postgres_users_add_read(&batch, &draft->id);
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? postgres_users_take(&batch, user, arena, out) : result;
}

static enum result create(struct postgres_handle *handle, const struct user_draft *draft,
                          struct arena *arena, struct user *out)
{
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = insert(handle, draft);
    return result == RESULT_OK ? complete(handle, draft, arena, out) : result;
}

enum result postgres_user_write_create(struct store_handle *base, const struct user_draft *draft,
                                       struct arena *arena, struct user *out)
{
    enum result result;
    POSTGRES_TRY(result, create(postgres_handle_of(base), draft, arena, out));
    return result;
}

/* --- where a person stands -------------------------------------------------------------------- */

enum result postgres_user_write_lock(struct postgres_handle *handle, const struct id *user_id,
                                     int64_t if_version, struct postgres_standing *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    size_t lock = pgsql_add(&batch, STATEMENT_USER_LOCK, PGSQL_BIND(pgsql_id(user_id)));
    size_t admin = pgsql_add(&batch, STATEMENT_USER_IS_ADMIN, PGSQL_BIND(pgsql_id(user_id)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, lock) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row standing = pgsql_row(&batch, lock, 0);
    struct pgsql_row is_admin = pgsql_row(&batch, admin, 0);
    *out = (struct postgres_standing){
        .number = pgsql_get_number(&standing, 0),
        .version = pgsql_get_number(&standing, 1),
        .is_deleted = pgsql_get_number(&standing, 2) != 0,
        .is_admin = pgsql_get_number(&is_admin, 0) != 0,
    };
    return if_version == 0 || if_version == out->version ? RESULT_OK : RESULT_CONFLICT;
}

/* One that is not deleted. */
static enum result lock_present(struct postgres_handle *handle, const struct id *user_id,
                                int64_t if_version, struct postgres_standing *out)
{
    enum result result = postgres_user_write_lock(handle, user_id, if_version, out);
    bool is_gone = (result == RESULT_OK || result == RESULT_CONFLICT) && out->is_deleted;
    return is_gone ? RESULT_NOT_FOUND : result;
}

/* --- update ----------------------------------------------------------------------------------- */

/* What the statements of an update are in its batch. */
struct updating {
    size_t roles;
    size_t admins;
    size_t user;
};

static bool may_take_admin(const struct postgres_standing *before, const struct user_patch *patch)
{
    return before->is_admin && (patch->mask & (USER_FIELD_STATUS | USER_FIELD_ROLES)) != 0;
}

static void add_fields(struct pgsql_batch *batch, const struct id *user_id,
                       const struct user_patch *patch, const struct postgres_user_keys *keys)
{
    struct view metadata = view_is_empty(patch->metadata) ? VIEW("{}") : patch->metadata;
    (void)pgsql_add(
        batch, STATEMENT_USER_UPDATE,
        PGSQL_BIND(pgsql_id(user_id), pgsql_number(patch->mask), pgsql_text(patch->username),
                   pgsql_text(keys->username), pgsql_text(patch->email), pgsql_text(keys->email),
                   pgsql_text(patch->name), pgsql_text(keys->name),
                   postgres_user_write_age(patch->age), pgsql_text(metadata),
                   pgsql_number(patch->email_verified), pgsql_number(patch->status),
                   pgsql_text(patch->password_hash),
                   pgsql_number(decide_ends_sessions(patch) ? 1 : 0), pgsql_number(patch->now_ms)));
}

static struct updating add_update(struct pgsql_batch *batch, const struct id *user_id,
                                  const struct postgres_standing *before,
                                  const struct user_patch *patch,
                                  const struct postgres_user_keys *keys)
{
    struct updating updating = {NONE, NONE, NONE};
    struct roles_asked roles;
    if (may_take_admin(before, patch)) {
        (void)pgsql_add(batch, STATEMENT_ADMIN_LOCK, PGSQL_NONE);
    }
    add_fields(batch, user_id, patch, keys);
    if ((patch->mask & USER_FIELD_ROLES) != 0) {
        ask_roles(&roles, patch->roles, patch->role_ids, patch->role_count);
        updating.roles =
            pgsql_add(batch, STATEMENT_USER_ROLES_SET,
                      PGSQL_BIND(pgsql_number(before->number), roles.names, roles.ids));
    }
    if (may_take_admin(before, patch)) {
        updating.admins = pgsql_add(batch, STATEMENT_ADMIN_ANY, PGSQL_NONE);
    }
    if (decide_ends_sessions(patch)) {
        (void)postgres_sessions_add_end_those(batch, user_id, decide_kept_session(patch),
                                              patch->now_ms);
    }
    (void)postgres_changes_add(batch, CHANGE_USER, user_id, patch->now_ms);
    updating.user = postgres_users_add_read(batch, user_id);
    return updating;
}

/* The number that the statement gave; `otherwise` where there is none. */
static int64_t number_of(const struct pgsql_batch *batch, size_t statement, int64_t otherwise)
{
    if (statement == NONE) {
        return otherwise;
    }
    struct pgsql_row row = pgsql_row(batch, statement, 0);
    return pgsql_get_number(&row, 0);
}

static enum result write_update(struct postgres_handle *handle, const struct id *user_id,
                                const struct postgres_standing *before,
                                const struct user_patch *patch, struct arena *arena,
                                struct user *out)
{
    struct postgres_user_keys keys;
    if (!postgres_user_write_fold(patch->username, patch->email, patch->name, &keys)) {
        return RESULT_INVALID;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    struct updating updating = add_update(&batch, user_id, before, patch, &keys);
    if (updating.roles == NONE && updating.admins == NONE) {
        (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE); /* nothing is left to decide */
    }
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (number_of(&batch, updating.roles, 0) != 0) {
        return RESULT_INVALID;
    }
    if (number_of(&batch, updating.admins, 1) == 0) {
        return RESULT_LAST_ADMIN;
    }
    return out != NULL ? postgres_users_take(&batch, updating.user, arena, out) : RESULT_OK;
}

static enum result update(struct postgres_handle *handle, const struct id *user_id,
                          const struct user_patch *patch, struct arena *arena, struct user *out)
{
    struct postgres_standing before;
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = lock_present(handle, user_id, patch->if_version, &before);
    if (result == RESULT_OK) {
        result = write_update(handle, user_id, &before, patch, arena, out);
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_user_write_update(struct store_handle *base, const struct id *user_id,
                                       const struct user_patch *patch, struct arena *arena,
                                       struct user *out)
{
    enum result result;
    POSTGRES_TRY(result, update(postgres_handle_of(base), user_id, patch, arena, out));
    return postgres_changes_tell(postgres_handle_of(base), result);
}

/* --- delete ----------------------------------------------------------------------------------- */

static enum result write_delete(struct postgres_handle *handle, const struct id *user_id,
                                const struct postgres_standing *before, int64_t now_ms)
{
    size_t admins = NONE;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    if (before->is_admin) {
        (void)pgsql_add(&batch, STATEMENT_ADMIN_LOCK, PGSQL_NONE);
    }
    (void)pgsql_add(&batch, STATEMENT_USER_DELETE,
                    PGSQL_BIND(pgsql_id(user_id), pgsql_number(now_ms)));
    if (before->is_admin) {
        admins = pgsql_add(&batch, STATEMENT_ADMIN_ANY, PGSQL_NONE);
    }
    (void)postgres_sessions_add_end_those(&batch, user_id, NULL, now_ms);
    (void)postgres_changes_add(&batch, CHANGE_USER, user_id, now_ms);
    if (!before->is_admin) {
        (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    }
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK && number_of(&batch, admins, 1) == 0 ? RESULT_LAST_ADMIN : result;
}

static enum result remove_user(struct postgres_handle *handle, const struct id *user_id,
                               int64_t if_version, int64_t now_ms)
{
    struct postgres_standing before;
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = lock_present(handle, user_id, if_version, &before);
    if (result == RESULT_OK) {
        result = write_delete(handle, user_id, &before, now_ms);
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_user_write_delete(struct store_handle *base, const struct id *user_id,
                                       int64_t if_version, int64_t now_ms)
{
    enum result result;
    POSTGRES_TRY(result, remove_user(postgres_handle_of(base), user_id, if_version, now_ms));
    return postgres_changes_tell(postgres_handle_of(base), result);
}
