#include "store/sqlite/user_life.h"

#include "model/limits.h"
#include "store/sqlite/audit_events.h"
#include "store/sqlite/changes.h"
#include "store/sqlite/sessions.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"
#include "store/sqlite/users.h"

/* What is there of a person, deleted or not. */
struct remains {
    int64_t number;
    int64_t version;
    bool is_deleted;
    bool is_admin; /* not deleted, active, and holds the role */
};

static enum result read_remains(struct sqlite_handle *handle, const struct id *user_id,
                                struct remains *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_USER_REMAINS, SQL_BIND(sql_id(user_id)));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result;
    }
    *out = (struct remains){
        .number = sql_get_number(&query, 0),
        .version = sql_get_number(&query, 1),
        .is_deleted = sql_get_number(&query, 2) != 0,
        .is_admin = sql_get_number(&query, 3) != 0,
    };
    return RESULT_OK;
}

/* if_version 0: any. */
static enum result check_version(const struct remains *remains, int64_t if_version)
{
    return if_version == 0 || if_version == remains->version ? RESULT_OK : RESULT_CONFLICT;
}

/* --- restore ---------------------------------------------------------------------------------- */

static enum result write_restored(struct sqlite_handle *handle, int64_t number,
                                  const struct user_restore *restore)
{
    char username_key[USERNAME_MAX_BYTES];
    char email_key[EMAIL_MAX_BYTES];
    struct view username =
        restore->username.at != NULL ? user_fold(restore->username, username_key) : VIEW("");
    struct view email =
        restore->email.at != NULL ? user_fold(restore->email, email_key) : restore->email;
    return sql_run(handle, STATEMENT_USER_RESTORE,
                   SQL_BIND(sql_number(number), sql_number(restore->mask),
                            sql_text(restore->username), sql_text(username),
                            sql_text(restore->email), sql_text(email),
                            sql_number(restore->now_ms)));
}

static enum result restore_user(struct sqlite_handle *handle, const struct id *user_id,
                                const struct user_restore *restore)
{
    struct remains remains;
    enum result result = read_remains(handle, user_id, &remains);
    if (result == RESULT_OK && !remains.is_deleted) {
        result = RESULT_NOT_FOUND;
    }
    if (result == RESULT_OK) {
        result = check_version(&remains, restore->if_version);
    }
    if (result == RESULT_OK) {
        result = write_restored(handle, remains.number, restore);
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_USER, user_id, restore->now_ms);
    }
    return result;
}

enum result sqlite_user_life_restore(struct store_handle *base, const struct id *user_id,
                                     const struct user_restore *restore, struct arena *arena,
                                     struct user *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = restore_user(handle, user_id, restore);
    if (result == RESULT_OK) {
        result = sqlite_users_read(handle, user_id, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- for good --------------------------------------------------------------------------------- */

/* Asked before anything is changed: what is refused here must not undo the rest of its batch. */
static enum result check_admins(struct sqlite_handle *handle, const struct remains *remains)
{
    int64_t other = 0;
    if (!remains->is_admin) {
        return RESULT_OK;
    }
    enum result result = sql_run_number(handle, STATEMENT_ADMIN_OTHER,
                                        SQL_BIND(sql_number(remains->number)), &other);
    return result == RESULT_OK && other == 0 ? RESULT_LAST_ADMIN : result;
}

/* The changes tell of the sessions too: an import may bring the id back while tokens live. */
static enum result remove_user(struct sqlite_handle *handle, const struct user_purge *purge,
                               int64_t number, int64_t now_ms)
{
    int64_t ended = 0;
    enum result result = RESULT_OK;
    if (purge->event != NULL) {
        result = sqlite_audit_events_add(handle, purge->event);
    }
    if (result == RESULT_OK) {
        result = sqlite_sessions_end_those(handle, &purge->user_id, NULL, now_ms, &ended);
    }
    if (result == RESULT_OK) {
        result = sql_run(handle, STATEMENT_USER_PURGE, SQL_BIND(sql_number(number)));
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_USER, &purge->user_id, now_ms);
    }
    return result;
}

static bool is_refusal(enum result result)
{
    return result == RESULT_NOT_FOUND || result == RESULT_CONFLICT || result == RESULT_LAST_ADMIN;
}

static enum result purge_one(struct sqlite_handle *handle, struct user_purge *purge, int64_t now_ms)
{
    struct remains remains = {0};
    enum result result = read_remains(handle, &purge->user_id, &remains);
    if (result == RESULT_OK) {
        result = check_version(&remains, purge->if_version);
    }
    if (result == RESULT_OK) {
        result = check_admins(handle, &remains);
    }
    purge->outcome = result;
    if (result != RESULT_OK) {
        return is_refusal(result) ? RESULT_OK : result;
    }
    return remove_user(handle, purge, remains.number, now_ms);
}

enum result sqlite_user_life_purge(struct store_handle *base, struct user_purge *people,
                                   size_t count, int64_t now_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = purge_one(handle, &people[i], now_ms);
    }
    return sqlite_transaction_finish(&transaction, result);
}
