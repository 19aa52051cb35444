#include "store/sqlite/users.h"

#include "model/limits.h"
#include "store/decide.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* The order of USER_COLUMNS (statements.c). */
enum user_column {
    USER_ID,
    USER_NUMBER,
    USER_USERNAME,
    USER_EMAIL,
    USER_NAME,
    USER_AGE,
    USER_METADATA,
    USER_STATUS,
    USER_EMAIL_VERIFIED,
    USER_CREATED,
    USER_UPDATED,
    USER_LAST_LOGIN,
    USER_DELETED,
    USER_EPOCH,
    USER_VERSION,
    USER_PASSWORD_HASH,
    USER_ROLES
};

static int read_age(struct sql_query *query, int column)
{
    return sql_get_view(query, column).at != NULL ? (int)sql_get_number(query, column)
                                                  : USER_AGE_UNKNOWN;
}

enum result sqlite_users_of_columns(struct sql_query *query, int first, struct arena *arena,
                                    struct user *out)
{
    *out = (struct user){
        .id = sql_get_id(query, first + USER_ID),
        .number = sql_get_number(query, first + USER_NUMBER),
        .username = sql_copy_view(query, first + USER_USERNAME, arena),
        .email = sql_copy_view(query, first + USER_EMAIL, arena),
        .name = sql_copy_view(query, first + USER_NAME, arena),
        .age = read_age(query, first + USER_AGE),
        .metadata = sql_copy_view(query, first + USER_METADATA, arena),
        .status = (enum user_status)sql_get_number(query, first + USER_STATUS),
        .email_verified = sql_get_number(query, first + USER_EMAIL_VERIFIED) != 0,
        .created_ms = sql_get_number(query, first + USER_CREATED),
        .updated_ms = sql_get_number(query, first + USER_UPDATED),
        .last_login_ms = sql_get_number(query, first + USER_LAST_LOGIN),
        .deleted_ms = sql_get_number(query, first + USER_DELETED),
        .epoch = sql_get_number(query, first + USER_EPOCH),
        .version = sql_get_number(query, first + USER_VERSION),
    };
    out->roles = sql_copy_lines(query, first + USER_ROLES, arena, &out->role_count);
    return query->failure;
}

enum result sqlite_users_of_row(struct sql_query *query, struct arena *arena, struct user *out)
{
    return sqlite_users_of_columns(query, 0, arena, out);
}

/* --- by a key --------------------------------------------------------------------------------- */

static struct sql_query open_folded(struct sqlite_handle *handle, enum statement statement,
                                    struct view text, char folded[EMAIL_MAX_BYTES])
{
    /* Longer than any name can be: NULL equals nothing. */
    struct view key = text.len <= EMAIL_MAX_BYTES ? user_fold(text, folded) : view_make(NULL, 0);
    return sql_open(handle, statement, SQL_BIND(sql_text(key)));
}

/* folded must live as long as the query. Of a name: those who have it now. */
static struct sql_query open_by_key(struct sqlite_handle *handle, const struct user_key *key,
                                    char folded[EMAIL_MAX_BYTES])
{
    int64_t presence = key->presence != 0 ? key->presence : USER_PRESENT;
    switch (key->kind) {
    case USER_BY_NUMBER:
        return sql_open(handle, STATEMENT_USER_BY_NUMBER,
                        SQL_BIND(sql_number(key->number), sql_number(presence)));
    case USER_BY_USERNAME:
        return open_folded(handle, STATEMENT_USER_BY_USERNAME, key->text, folded);
    case USER_BY_EMAIL:
        return open_folded(handle, STATEMENT_USER_BY_EMAIL, key->text, folded);
    case USER_BY_ID:
        break;
    }
    return sql_open(handle, STATEMENT_USER_BY_ID, SQL_BIND(sql_id(&key->id), sql_number(presence)));
}

static enum result get(struct sqlite_handle *handle, const struct user_key *key,
                       struct arena *arena, struct user *out)
{
    char folded[EMAIL_MAX_BYTES];
    CLEANUP(sql_close) struct sql_query query = open_by_key(handle, key, folded);
    enum result result = sql_row(&query);
    return result == RESULT_OK ? sqlite_users_of_row(&query, arena, out) : result;
}

/* Inside of a transaction the database looks otherwise than to everybody else. */
static bool is_kept(const struct sqlite_handle *handle, const struct user_key *key)
{
    return key->kind == USER_BY_ID && key->presence != USER_GONE &&
           key->presence != USER_PRESENT_OR_GONE && sqlite3_get_autocommit(handle->db) != 0;
}

bool sqlite_users_recall(struct store_handle *base, const struct user_key *key, struct arena *arena,
                         struct user *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    return is_kept(handle, key) && sqlite_user_cache_get(handle, &key->id, arena, out);
}

static enum result get_cached(struct sqlite_handle *handle, const struct user_key *key,
                              struct arena *arena, struct user *out)
{
    if (sqlite_user_cache_get(handle, &key->id, arena, out)) {
        return RESULT_OK;
    }
    sqlite_user_cache_begin(handle);
    enum result result = get(handle, key, arena, out);
    if (result == RESULT_OK) {
        sqlite_user_cache_put(handle, out);
    }
    return result;
}

/* The only deleted person who had the name. */
static enum result get_former(struct sqlite_handle *handle, const struct user_key *key,
                              struct arena *arena, struct user *out)
{
    char folded[EMAIL_MAX_BYTES];
    CLEANUP(sql_close)
    struct sql_query query =
        open_folded(handle,
                    key->kind == USER_BY_EMAIL ? STATEMENT_USER_BY_FORMER_EMAIL
                                               : STATEMENT_USER_BY_FORMER_USERNAME,
                    key->text, folded);
    enum result result = sql_row(&query);
    if (result == RESULT_OK) {
        result = sqlite_users_of_row(&query, arena, out);
    }
    if (result != RESULT_OK) {
        return result;
    }
    enum result second = sql_row(&query);
    if (second == RESULT_OK) {
        return RESULT_AMBIGUOUS;
    }
    return second == RESULT_NOT_FOUND ? RESULT_OK : second;
}

static enum result get_present_or_former(struct sqlite_handle *handle, const struct user_key *key,
                                         struct arena *arena, struct user *out)
{
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = get(handle, key, arena, out);
    if (result == RESULT_NOT_FOUND) {
        result = get_former(handle, key, arena, out);
    }
    return sqlite_transaction_finish(&transaction, result);
}

enum result sqlite_users_get(struct store_handle *base, const struct user_key *key,
                             struct arena *arena, struct user *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    bool is_name = key->kind == USER_BY_USERNAME || key->kind == USER_BY_EMAIL;
    if (is_name && key->presence == USER_GONE) {
        return get_former(handle, key, arena, out);
    }
    if (is_name && key->presence == USER_PRESENT_OR_GONE) {
        return get_present_or_former(handle, key, arena, out);
    }
    return is_kept(handle, key) ? get_cached(handle, key, arena, out)
                                : get(handle, key, arena, out);
}

enum result sqlite_users_get_credentials(struct store_handle *base, const struct user_key *key,
                                         struct arena *arena, struct user_credentials *out)
{
    char folded[EMAIL_MAX_BYTES];
    CLEANUP(sql_close) struct sql_query query = open_by_key(sqlite_handle_of(base), key, folded);
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result;
    }
    out->password_hash = sql_copy_view(&query, USER_PASSWORD_HASH, arena);
    return sqlite_users_of_row(&query, arena, &out->user);
}

enum result sqlite_users_read(struct sqlite_handle *handle, const struct id *id,
                              struct arena *arena, struct user *out)
{
    const struct user_key key = {.kind = USER_BY_ID, .id = *id};
    return sqlite_users_get(&handle->base, &key, arena, out);
}

enum result sqlite_users_read_number(struct sqlite_handle *handle, int64_t number,
                                     struct arena *arena, struct user *out)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_LIST_USER, SQL_BIND(sql_number(number)));
    enum result result = sql_row(&query);
    return result == RESULT_OK ? sqlite_users_of_row(&query, arena, out) : result;
}

enum result sqlite_users_any(struct store_handle *base, bool *out)
{
    int64_t any = 0;
    enum result result = sql_run_number(sqlite_handle_of(base), STATEMENT_USER_ANY, SQL_NONE, &any);
    *out = any != 0;
    return result;
}

/* --- pages ------------------------------------------------------------------------------------ */

enum result sqlite_users_export(struct store_handle *base, int64_t after, size_t limit,
                                struct arena *arena, struct user_credentials *out, size_t *count)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(sqlite_handle_of(base), STATEMENT_EXPORT_PAGE,
                                      SQL_BIND(sql_number(after), sql_number((int64_t)limit)));
    enum result result = sql_row(&query);
    for (*count = 0; result == RESULT_OK && *count < limit; *count += 1) {
        out[*count].password_hash = sql_copy_view(&query, USER_PASSWORD_HASH, arena);
        result = sqlite_users_of_row(&query, arena, &out[*count].user);
        if (result == RESULT_OK) {
            result = sql_row(&query);
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result sqlite_users_expired(struct store_handle *base, int64_t deleted_before_ms, size_t limit,
                                 struct arena *arena, struct user *out, size_t *count)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(sqlite_handle_of(base), STATEMENT_USERS_EXPIRED,
                 SQL_BIND(sql_number(deleted_before_ms), sql_number((int64_t)limit)));
    enum result result = sql_row(&query);
    for (*count = 0; result == RESULT_OK && *count < limit; *count += 1) {
        result = sqlite_users_of_row(&query, arena, &out[*count]);
        if (result == RESULT_OK) {
            result = sql_row(&query);
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- kinds of hashes -------------------------------------------------------------------------- */

enum result sqlite_users_hash_kinds(struct store_handle *base, int64_t sample, struct arena *arena,
                                    struct store_hash_kind out[STORE_HASH_KINDS_MAX], size_t *count)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(sqlite_handle_of(base), STATEMENT_USER_HASHES, SQL_BIND(sql_number(sample)));
    enum result result = RESULT_OK;
    *count = 0;
    while ((result = sql_row(&query)) == RESULT_OK) {
        struct view hash = sql_get_view(&query, 0);
        if (hash.at != NULL && !decide_tally_kind(hash, arena, out, count)) {
            return RESULT_INTERNAL;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
