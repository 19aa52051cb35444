#include "store/sqlite/user_import.h"

#include "model/limits.h"
#include "store/decide.h"
#include "store/sqlite/bulk.h"
#include "store/sqlite/sql.h"

/* What several statements need of a row. */
struct keys {
    char username_room[USERNAME_MAX_BYTES];
    char email_room[EMAIL_MAX_BYTES];
    struct view username;
    struct view email; /* at NULL: none */
};

static void fold_keys(const struct user_draft *draft, struct keys *out)
{
    out->username = user_fold(draft->username, out->username_room);
    out->email = draft->email.at != NULL ? user_fold(draft->email, out->email_room) : draft->email;
}

/* NOT_FOUND when one of them does not exist. */
static enum result find_roles(struct sqlite_handle *handle, const struct user_draft *draft,
                              int64_t numbers[USER_ROLES_MAX])
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < draft->role_count && result == RESULT_OK; i++) {
        result = sql_run_number(handle, STATEMENT_ROLE_NUMBER, SQL_BIND(sql_text(draft->roles[i])),
                                &numbers[i]);
    }
    return result;
}

static enum result add_roles(struct sqlite_handle *handle, int64_t number,
                             const int64_t numbers[USER_ROLES_MAX], size_t count)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = sql_run(handle, STATEMENT_USER_ROLE_ADD,
                         SQL_BIND(sql_number(number), sql_number(numbers[i])));
    }
    return result;
}

/* NOT_FOUND when the id, the username or the e-mail is in use. */
static enum result insert(struct sqlite_handle *handle, const struct user_import *row,
                          const struct keys *keys, int64_t *number)
{
    const struct user_draft *draft = &row->draft;
    int64_t created_ms = row->created_ms != 0 ? row->created_ms : draft->now_ms;
    struct sql_value age =
        draft->age == USER_AGE_UNKNOWN ? sql_text(view_make(NULL, 0)) : sql_number(draft->age);
    struct view metadata = view_is_empty(draft->metadata) ? VIEW("{}") : draft->metadata;
    return sql_run_number(
        handle, STATEMENT_IMPORT_INSERT,
        SQL_BIND(sql_id(&draft->id), sql_text(draft->username), sql_text(keys->username),
                 sql_text(draft->email), sql_text(keys->email), sql_text(draft->name), age,
                 sql_text(metadata), sql_number(draft->status), sql_number(draft->email_verified),
                 sql_text(draft->password_hash), sql_number(created_ms), sql_number(draft->now_ms)),
        number);
}

/* --- why nothing was inserted ----------------------------------------------------------------- */

static enum result judge_names(struct sqlite_handle *handle, const struct keys *keys,
                               struct user_import *row)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_IMPORT_NAMES,
                                      SQL_BIND(sql_text(keys->username), sql_text(keys->email)));
    enum result result = sql_row(&query);
    row->outcome = USER_IMPORT_EMAIL_TAKEN;
    for (; result == RESULT_OK; result = sql_row(&query)) {
        bool same_username = sql_get_number(&query, 0) != 0;
        bool same_email = sql_get_number(&query, 1) != 0;
        if (decide_is_present(row, same_username, same_email)) {
            row->outcome = USER_IMPORT_PRESENT;
            return RESULT_OK;
        }
        if (same_username) {
            row->outcome = USER_IMPORT_USERNAME_TAKEN;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result judge(struct sqlite_handle *handle, const struct keys *keys,
                         struct user_import *row)
{
    int64_t used = 0;
    enum result result =
        sql_run_number(handle, STATEMENT_IMPORT_ID_USED, SQL_BIND(sql_id(&row->draft.id)), &used);
    if (result == RESULT_OK && used != 0) {
        row->outcome = USER_IMPORT_PRESENT;
        return RESULT_OK;
    }
    return result == RESULT_OK ? judge_names(handle, keys, row) : result;
}

/* --- all -------------------------------------------------------------------------------------- */

static enum result import_row(struct sqlite_handle *handle, struct user_import *row)
{
    struct keys keys;
    int64_t roles[USER_ROLES_MAX];
    int64_t number = 0;
    enum result result = find_roles(handle, &row->draft, roles);
    if (result == RESULT_NOT_FOUND) {
        row->outcome = USER_IMPORT_NO_SUCH_ROLE;
        return RESULT_OK;
    }
    fold_keys(&row->draft, &keys);
    if (result == RESULT_OK) {
        result = insert(handle, row, &keys, &number);
    }
    if (result == RESULT_NOT_FOUND) {
        return judge(handle, &keys, row);
    }
    if (result == RESULT_OK) {
        row->outcome = USER_IMPORT_CREATED;
        result = add_roles(handle, number, roles, row->draft.role_count);
    }
    return result;
}

enum result sqlite_user_import_rows(struct store_handle *base, struct user_import *rows,
                                    size_t count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_bulk_end) struct bulk bulk = {.transaction.handle = NULL};
    enum result result = sql_run(handle, STATEMENT_IMPORT_CACHE, SQL_NONE);
    if (result == RESULT_OK) {
        result = sqlite_bulk_begin(&bulk, handle);
    }
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = import_row(handle, &rows[i]);
    }
    return sqlite_bulk_finish(&bulk, result);
}
