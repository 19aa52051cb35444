#include "store/sqlite/user_write.h"

#include "model/limits.h"
#include "store/decide.h"
#include "store/sqlite/audit_events.h"
#include "store/sqlite/changes.h"
#include "store/sqlite/sessions.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"
#include "store/sqlite/users.h"

/* Where a person stands before a change. */
struct standing {
    int64_t number;
    int64_t version;
    bool is_admin; /* active, and holds the role */
};

/* CONFLICT when the version is not the one asked for (0: any). */
static enum result read_standing(struct sqlite_handle *handle, const struct id *user_id,
                                 int64_t if_version, struct standing *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_USER_STANDING, SQL_BIND(sql_id(user_id)));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result;
    }
    *out = (struct standing){
        .number = sql_get_number(&query, 0),
        .version = sql_get_number(&query, 1),
        .is_admin = sql_get_number(&query, 2) != 0,
    };
    return if_version == 0 || if_version == out->version ? RESULT_OK : RESULT_CONFLICT;
}

/* Only a change that took an admin away can have left none; this is within its transaction. */
static enum result check_admins(struct sqlite_handle *handle, const struct standing *before)
{
    int64_t any = 0;
    if (!before->is_admin) {
        return RESULT_OK;
    }
    enum result result = sql_run_number(handle, STATEMENT_ADMIN_ANY, SQL_NONE, &any);
    if (result != RESULT_OK) {
        return result;
    }
    return any != 0 ? RESULT_OK : RESULT_LAST_ADMIN;
}

enum result sqlite_user_write_add_roles(struct sqlite_handle *handle, int64_t number,
                                        const struct view *roles, const struct id *ids,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t role = 0;
        const struct id *id = ids != NULL ? &ids[i] : NULL;
        enum result result = sql_run_number(handle, STATEMENT_ROLE_NUMBER,
                                            SQL_BIND(sql_text(roles[i]), sql_id(id)), &role);
        if (result == RESULT_NOT_FOUND) {
            return RESULT_INVALID;
        }
        if (result == RESULT_OK) {
            result = sql_run(handle, STATEMENT_USER_ROLE_ADD,
                             SQL_BIND(sql_number(number), sql_number(role)));
        }
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}

static struct view fold_or_null(struct view text, char *out)
{
    return text.at != NULL ? user_fold(text, out) : text;
}

static struct sql_value age_value(int age)
{
    return age == USER_AGE_UNKNOWN ? sql_text(view_make(NULL, 0)) : sql_number(age);
}

static struct view metadata_or_empty(struct view metadata)
{
    return view_is_empty(metadata) ? VIEW("{}") : metadata;
}

/* --- create ----------------------------------------------------------------------------------- */

static enum result insert(struct sqlite_handle *handle, const struct user_draft *draft)
{
    char username_key[USERNAME_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    enum result result =
        sql_run(handle, STATEMENT_USER_INSERT,
                SQL_BIND(sql_id(&draft->id), sql_text(draft->username),
                         sql_text(user_fold(draft->username, username_key)), sql_text(draft->email),
                         sql_text(fold_or_null(draft->email, email_key)), sql_text(draft->name),
                         age_value(draft->age), sql_text(metadata_or_empty(draft->metadata)),
                         sql_number(draft->status), sql_number(draft->email_verified),
                         sql_text(draft->password_hash), sql_number(draft->now_ms)));
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_user_write_add_roles(handle, sqlite3_last_insert_rowid(handle->db), draft->roles,
                                       draft->role_ids, draft->role_count);
}

enum result sqlite_user_write_create(struct store_handle *base, const struct user_draft *draft,
                                     struct arena *arena, struct user *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = insert(handle, draft);
    if (result == RESULT_OK && draft->event != NULL) {
        result = sqlite_audit_events_add(handle, draft->event);
    }
    if (result == RESULT_OK) {
        result = sqlite_users_read(handle, &draft->id, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- update ----------------------------------------------------------------------------------- */

static enum result write_fields(struct sqlite_handle *handle, const struct id *user_id,
                                const struct user_patch *patch)
{
    char username_key[USERNAME_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    return sql_run_changing(
        handle, STATEMENT_USER_UPDATE,
        SQL_BIND(sql_id(user_id), sql_number(patch->mask), sql_text(patch->username),
                 sql_text(fold_or_null(patch->username, username_key)), sql_text(patch->email),
                 sql_text(fold_or_null(patch->email, email_key)), sql_text(patch->name),
                 age_value(patch->age), sql_text(metadata_or_empty(patch->metadata)),
                 sql_number(patch->email_verified), sql_number(patch->status),
                 sql_text(patch->password_hash), sql_number(decide_ends_sessions(patch) ? 1 : 0),
                 sql_number(patch->now_ms)));
}

static enum result replace_roles(struct sqlite_handle *handle, int64_t number,
                                 const struct user_patch *patch)
{
    if ((patch->mask & USER_FIELD_ROLES) == 0) {
        return RESULT_OK;
    }
    enum result result = sql_run(handle, STATEMENT_USER_ROLES_CLEAR, SQL_BIND(sql_number(number)));
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_user_write_add_roles(handle, number, patch->roles, patch->role_ids,
                                       patch->role_count);
}

static enum result update(struct sqlite_handle *handle, const struct id *user_id,
                          const struct user_patch *patch)
{
    struct standing before;
    int64_t ended = 0;
    enum result result = read_standing(handle, user_id, patch->if_version, &before);
    if (result == RESULT_OK) {
        result = write_fields(handle, user_id, patch);
    }
    if (result == RESULT_OK) {
        result = replace_roles(handle, before.number, patch);
    }
    if (result == RESULT_OK) {
        result = check_admins(handle, &before);
    }
    if (result == RESULT_OK && decide_ends_sessions(patch)) {
        result = sqlite_sessions_end_those(handle, user_id, decide_kept_session(patch),
                                           patch->now_ms, &ended);
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_USER, user_id, patch->now_ms);
    }
    return result;
}

enum result sqlite_user_write_update(struct store_handle *base, const struct id *user_id,
                                     const struct user_patch *patch, struct arena *arena,
                                     struct user *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = update(handle, user_id, patch);
    if (result == RESULT_OK && out != NULL) {
        result = sqlite_users_read(handle, user_id, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- delete ----------------------------------------------------------------------------------- */

static enum result remove_user(struct sqlite_handle *handle, const struct id *user_id,
                               int64_t if_version, int64_t now_ms)
{
    struct standing before;
    int64_t ended = 0;
    enum result result = read_standing(handle, user_id, if_version, &before);
    if (result == RESULT_OK) {
        result = sql_run_changing(handle, STATEMENT_USER_DELETE,
                                  SQL_BIND(sql_id(user_id), sql_number(now_ms)));
    }
    if (result == RESULT_OK) {
        result = check_admins(handle, &before);
    }
    if (result == RESULT_OK) {
        result = sqlite_sessions_end_those(handle, user_id, NULL, now_ms, &ended);
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_USER, user_id, now_ms);
    }
    return result;
}

enum result sqlite_user_write_delete(struct store_handle *base, const struct id *user_id,
                                     int64_t if_version, int64_t now_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = remove_user(handle, user_id, if_version, now_ms);
    return sqlite_transaction_finish(&transaction, result);
}
