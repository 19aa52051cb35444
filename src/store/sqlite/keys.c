#include "store/sqlite/keys.h"

#include "store/sqlite/changes.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* The order of STATEMENT_KEY_LIST. */
enum key_column { KEY_ID, KEY_ALGORITHM, KEY_MATERIAL, KEY_CREATED, KEY_SIGNS_FROM, KEY_RETIRED };

/* --- list ------------------------------------------------------------------------------------- */

enum result sqlite_keys_of_row(struct sql_query *query, struct arena *arena, struct stored_key *out)
{
    *out = (struct stored_key){
        .key_id = sql_copy_view(query, KEY_ID, arena),
        .algorithm = sql_copy_view(query, KEY_ALGORITHM, arena),
        .material = sql_copy_view(query, KEY_MATERIAL, arena),
        .created_ms = sql_get_number(query, KEY_CREATED),
        .signs_from_ms = sql_get_number(query, KEY_SIGNS_FROM),
        .retired_ms = sql_get_number(query, KEY_RETIRED),
    };
    return query->failure;
}

static enum result read_keys(struct sqlite_handle *handle, struct arena *arena,
                             struct stored_key *keys, size_t count)
{
    CLEANUP(sql_close) struct sql_query query = sql_open(handle, STATEMENT_KEY_LIST, SQL_NONE);
    for (size_t i = 0; i < count; i++) {
        enum result result = sql_row(&query);
        if (result == RESULT_OK) {
            result = sqlite_keys_of_row(&query, arena, &keys[i]);
        }
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}

enum result sqlite_keys_list(struct store_handle *base, struct arena *arena,
                             const struct stored_key **out, size_t *count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    int64_t rows = 0;
    *out = NULL;
    *count = 0;
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result == RESULT_OK) {
        result = sql_run_number(handle, STATEMENT_KEY_COUNT, SQL_NONE, &rows);
    }
    if (result != RESULT_OK || rows == 0) {
        return result;
    }
    struct stored_key *keys = arena_take_array(arena, (size_t)rows, sizeof *keys);
    if (keys == NULL) {
        return RESULT_INTERNAL;
    }
    *out = keys;
    *count = (size_t)rows;
    return sqlite_transaction_finish(&transaction, read_keys(handle, arena, keys, *count));
}

/* --- change ----------------------------------------------------------------------------------- */

static enum result note_change(struct sqlite_handle *handle, enum result result, int64_t now_ms)
{
    return result == RESULT_OK ? sqlite_changes_append(handle, CHANGE_KEY, NULL, now_ms) : result;
}

/* values: the columns of a new key, and what else the statement takes. */
static enum result insert(struct sqlite_handle *handle, enum statement statement,
                          const struct stored_key *key, int64_t now_ms)
{
    const struct sql_value values[] = {
        sql_text(key->key_id),       sql_text(key->algorithm),       sql_blob(key->material),
        sql_number(key->created_ms), sql_number(key->signs_from_ms), sql_instant(key->retired_ms),
        sql_number(now_ms),
    };
    size_t count = statement == STATEMENT_KEY_INSERT ? 6 : ARRAY_LEN(values);
    return sql_run_changing(handle, statement, (struct sql_values){values, count});
}

static enum result create_first(struct sqlite_handle *handle, const struct stored_key *key,
                                int64_t now_ms)
{
    enum result result = insert(handle, STATEMENT_KEY_INSERT_FIRST, key, now_ms);
    return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
}

enum result sqlite_keys_create_first(struct store_handle *base, const struct stored_key *key,
                                     int64_t now_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = create_first(handle, key, now_ms);
    return sqlite_transaction_finish(&transaction, note_change(handle, result, now_ms));
}

static enum result rotate(struct sqlite_handle *handle, const struct stored_key *key,
                          int64_t retire_others_ms, int64_t now_ms)
{
    enum result result = sql_run(handle, STATEMENT_KEY_RETIRE_OTHERS,
                                 SQL_BIND(sql_text(key->algorithm), sql_number(retire_others_ms)));
    return result == RESULT_OK ? insert(handle, STATEMENT_KEY_INSERT, key, now_ms) : result;
}

enum result sqlite_keys_rotate(struct store_handle *base, const struct stored_key *key,
                               int64_t retire_others_ms, int64_t now_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = rotate(handle, key, retire_others_ms, now_ms);
    return sqlite_transaction_finish(&transaction, note_change(handle, result, now_ms));
}

struct key_standing {
    bool is_open;
    bool may_go; /* its algorithm is not in force, or another of it is open */
};

static enum result read_standing(struct sqlite_handle *handle, struct view key_id,
                                 struct view in_force, int64_t now_ms, struct key_standing *out)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_KEY_STANDING,
                 SQL_BIND(sql_text(key_id), sql_number(now_ms), sql_text(in_force)));
    enum result result = sql_row(&query);
    if (result == RESULT_OK) {
        *out =
            (struct key_standing){sql_get_number(&query, 0) != 0, sql_get_number(&query, 1) != 0};
    }
    return result;
}

static enum result retire(struct sqlite_handle *handle, struct view key_id, struct view in_force,
                          int64_t now_ms)
{
    struct key_standing standing;
    enum result result = read_standing(handle, key_id, in_force, now_ms, &standing);
    if (result != RESULT_OK || !standing.is_open) {
        return result;
    }
    if (!standing.may_go) {
        return RESULT_CONFLICT;
    }
    result = sql_run(handle, STATEMENT_KEY_RETIRE, SQL_BIND(sql_text(key_id), sql_number(now_ms)));
    return note_change(handle, result, now_ms);
}

enum result sqlite_keys_retire(struct store_handle *base, struct view key_id, struct view in_force,
                               int64_t now_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, retire(handle, key_id, in_force, now_ms));
}
