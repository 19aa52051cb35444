#include "store/postgres/keys.h"

#include "store/postgres/changes.h"
#include "store/postgres/transaction.h"

/* The order of STATEMENT_KEY_LIST. */
enum key_column { KEY_ID, KEY_ALGORITHM, KEY_MATERIAL, KEY_CREATED, KEY_SIGNS_FROM, KEY_RETIRED };

/* --- list ------------------------------------------------------------------------------------- */

enum result postgres_keys_of_row(const struct pgsql_row *row, struct arena *arena,
                                 struct stored_key *out)
{
    bool good = true;
    *out = (struct stored_key){
        .key_id = pgsql_copy_view(row, KEY_ID, arena, &good),
        .algorithm = pgsql_copy_view(row, KEY_ALGORITHM, arena, &good),
        .material = pgsql_copy_view(row, KEY_MATERIAL, arena, &good),
        .created_ms = pgsql_get_number(row, KEY_CREATED),
        .signs_from_ms = pgsql_get_number(row, KEY_SIGNS_FROM),
        .retired_ms = pgsql_get_number(row, KEY_RETIRED),
    };
    return good ? RESULT_OK : RESULT_INTERNAL;
}

enum result postgres_keys_list(struct store_handle *base, struct arena *arena,
                               const struct stored_key **out, size_t *count)
{
    *out = NULL;
    *count = 0;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_KEY_LIST, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    size_t rows = result == RESULT_OK ? pgsql_rows(&batch, 0) : 0;
    struct stored_key *keys = arena_take_array(arena, rows, sizeof *keys);
    if (keys == NULL && rows > 0) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; result == RESULT_OK && i < rows; i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        result = postgres_keys_of_row(&row, arena, &keys[i]);
    }
    *out = keys;
    *count = rows;
    return result;
}

/* --- change ----------------------------------------------------------------------------------- */

/* Keys are changed by one at a time, over all nodes: what is open now decides. */
static void add_begin(struct pgsql_batch *batch)
{
    (void)pgsql_add(batch, STATEMENT_BEGIN, PGSQL_NONE);
    (void)pgsql_add(batch, STATEMENT_LOCK, PGSQL_BIND(pgsql_number(TRANSACTION_LOCK_KEYS)));
}

static enum result create_first(struct postgres_handle *handle, const struct stored_key *key,
                                int64_t now_ms)
{
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    add_begin(&batch);
    size_t made = pgsql_add(&batch, STATEMENT_KEY_INSERT_FIRST,
                            PGSQL_BIND(pgsql_text(key->key_id), pgsql_text(key->algorithm),
                                       pgsql_blob(key->material), pgsql_number(key->created_ms),
                                       pgsql_number(key->signs_from_ms),
                                       pgsql_instant(key->retired_ms), pgsql_number(now_ms)));
    (void)postgres_changes_add(&batch, CHANGE_KEY, NULL, now_ms);
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK && pgsql_changed(&batch, made) == 0) {
        result = RESULT_CONFLICT;
    }
    return postgres_transaction_finish(&transaction, result);
}

enum result postgres_keys_create_first(struct store_handle *base, const struct stored_key *key,
                                       int64_t now_ms)
{
    enum result result;
    POSTGRES_TRY(result, create_first(postgres_handle_of(base), key, now_ms));
    return postgres_changes_tell(postgres_handle_of(base), result);
}

static enum result rotate(struct postgres_handle *handle, const struct stored_key *key,
                          int64_t retire_others_ms, int64_t now_ms)
{
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    add_begin(&batch);
    (void)pgsql_add(&batch, STATEMENT_KEY_RETIRE_OTHERS,
                    PGSQL_BIND(pgsql_text(key->algorithm), pgsql_number(retire_others_ms)));
    (void)pgsql_add(&batch, STATEMENT_KEY_INSERT,
                    PGSQL_BIND(pgsql_text(key->key_id), pgsql_text(key->algorithm),
                               pgsql_blob(key->material), pgsql_number(key->created_ms),
                               pgsql_number(key->signs_from_ms), pgsql_instant(key->retired_ms)));
    (void)postgres_changes_add(&batch, CHANGE_KEY, NULL, now_ms);
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    return pgsql_run(&batch);
}

enum result postgres_keys_rotate(struct store_handle *base, const struct stored_key *key,
                                 int64_t retire_others_ms, int64_t now_ms)
{
    enum result result;
    POSTGRES_TRY(result, rotate(postgres_handle_of(base), key, retire_others_ms, now_ms));
    return postgres_changes_tell(postgres_handle_of(base), result);
}

/* *is_open: it still is. CONFLICT when it may not go. */
static enum result check_standing(struct postgres_handle *handle, struct view key_id,
                                  struct view in_force, int64_t now_ms, bool *is_open)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    add_begin(&batch);
    size_t standing =
        pgsql_add(&batch, STATEMENT_KEY_STANDING,
                  PGSQL_BIND(pgsql_wanted(key_id), pgsql_number(now_ms), pgsql_wanted(in_force)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (pgsql_rows(&batch, standing) == 0) {
        return RESULT_NOT_FOUND;
    }
    struct pgsql_row row = pgsql_row(&batch, standing, 0);
    *is_open = pgsql_get_number(&row, 0) != 0;
    return *is_open && pgsql_get_number(&row, 1) == 0 ? RESULT_CONFLICT : RESULT_OK;
}

static enum result retire(struct postgres_handle *handle, struct view key_id, struct view in_force,
                          int64_t now_ms)
{
    bool is_open = false;
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = check_standing(handle, key_id, in_force, now_ms, &is_open);
    if (result != RESULT_OK || !is_open) {
        return result;
    }
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_KEY_RETIRE,
                    PGSQL_BIND(pgsql_text(key_id), pgsql_number(now_ms)));
    (void)postgres_changes_add(&batch, CHANGE_KEY, NULL, now_ms);
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    return pgsql_run(&batch);
}

enum result postgres_keys_retire(struct store_handle *base, struct view key_id,
                                 struct view in_force, int64_t now_ms)
{
    enum result result;
    POSTGRES_TRY(result, retire(postgres_handle_of(base), key_id, in_force, now_ms));
    return postgres_changes_tell(postgres_handle_of(base), result);
}
