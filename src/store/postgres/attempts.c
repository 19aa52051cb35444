#include "store/postgres/attempts.h"

#include <assert.h>

#include "store/postgres/audit_events.h"
#include "store/postgres/transaction.h"

/* --- keys ------------------------------------------------------------------------------------- */

void postgres_attempts_keys_of_views(struct postgres_attempt_keys *out, const struct view *keys,
                                     size_t count)
{
    struct pgsql_array array;
    assert(count <= STORE_ATTEMPTS_MAX);
    builder_init_fixed(&out->keys_builder, out->keys_room, sizeof out->keys_room);
    pgsql_array_begin(&array, &out->keys_builder, PGSQL_BLOB_ARRAY, count);
    for (size_t i = 0; i < count; i++) {
        pgsql_array_add(&array, pgsql_blob(keys[i]));
    }
    out->keys = pgsql_array_end(&array);
}

static void keys_of(struct postgres_attempt_keys *out, const struct attempt *attempts, size_t count)
{
    struct view keys[STORE_ATTEMPTS_MAX];
    struct pgsql_array array;
    builder_init_fixed(&out->limits_builder, out->limits_room, sizeof out->limits_room);
    pgsql_array_begin(&array, &out->limits_builder, PGSQL_INT8_ARRAY, count);
    for (size_t i = 0; i < count; i++) {
        keys[i] = attempts[i].key;
        pgsql_array_add(&array, pgsql_number(attempts[i].limit));
    }
    out->limits = pgsql_array_end(&array);
    postgres_attempts_keys_of_views(out, keys, count);
}

/* --- count ------------------------------------------------------------------------------------ */

/* One counting: its keys, and the instants its statements know. */
struct counting {
    struct postgres_attempt_keys keys;
    int64_t now_ms;
    int64_t wait_ms; /* until when a key lets nothing through whose attempts are at work */
    int64_t ends_ms; /* of a new window */
};

static enum result count_held(struct postgres_handle *handle, const struct counting *counting,
                              int64_t *closed_until_ms)
{
    const struct postgres_attempt_keys *keys = &counting->keys;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_ATTEMPT_HOLD, PGSQL_BIND(keys->keys));
    size_t closed =
        pgsql_add(&batch, STATEMENT_ATTEMPT_COUNT,
                  PGSQL_BIND(keys->keys, keys->limits, pgsql_number(counting->now_ms),
                             pgsql_number(counting->wait_ms), pgsql_number(counting->ends_ms)));
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        struct pgsql_row row = pgsql_row(&batch, closed, 0);
        *closed_until_ms = pgsql_get_number(&row, 0);
    }
    return result;
}

/* Who hammers at a locked door must not make the database write: so it is looked first. */
static enum result count(struct postgres_handle *handle, const struct counting *counting,
                         int64_t *closed_until_ms)
{
    const struct postgres_attempt_keys *keys = &counting->keys;
    enum result result =
        pgsql_do_number(handle, STATEMENT_ATTEMPT_LOOK,
                        PGSQL_BIND(keys->keys, keys->limits, pgsql_number(counting->now_ms),
                                   pgsql_number(counting->wait_ms)),
                        closed_until_ms);
    if (result != RESULT_OK || *closed_until_ms != 0) {
        return result;
    }
    POSTGRES_TRY(result, count_held(handle, counting, closed_until_ms));
    return result;
}

enum result postgres_attempts_count(struct store_handle *base, const struct attempt *attempts,
                                    size_t attempt_count, int64_t now_ms, int64_t window_ms,
                                    int64_t *locked_until_ms)
{
    struct counting counting = {
        .now_ms = now_ms, .wait_ms = now_ms + STORE_ATTEMPT_WAIT_MS, .ends_ms = now_ms + window_ms};
    int64_t closed_until_ms = 0;
    keys_of(&counting.keys, attempts, attempt_count);
    enum result result = count(postgres_handle_of(base), &counting, &closed_until_ms);
    *locked_until_ms = result == RESULT_OK ? closed_until_ms : 0;
    return result;
}

/* --- fail ------------------------------------------------------------------------------------- */

static enum result add_failure(struct postgres_handle *handle,
                               const struct postgres_attempt_keys *keys, int64_t now_ms,
                               int64_t window_ms, bool *locked)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    size_t failed = pgsql_add(&batch, STATEMENT_ATTEMPT_FAIL,
                              PGSQL_BIND(keys->keys, keys->limits, pgsql_number(now_ms),
                                         pgsql_number(now_ms + window_ms)));
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        struct pgsql_row row = pgsql_row(&batch, failed, 0);
        *locked = pgsql_get_number(&row, 0) != 0;
    }
    return result;
}

static enum result complete(struct postgres_handle *handle, const struct attempt_events *events,
                            bool locked)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    if (events != NULL && events->failed != NULL) {
        (void)postgres_audit_events_add(&batch, events->failed);
    }
    if (events != NULL && events->locked != NULL && locked) {
        (void)postgres_audit_events_add(&batch, events->locked);
    }
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    return pgsql_run(&batch);
}

static enum result fail(struct postgres_handle *handle, const struct postgres_attempt_keys *keys,
                        int64_t now_ms, int64_t window_ms, const struct attempt_events *events,
                        bool *locked)
{
    bool locks = false;
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(handle);
    enum result result = add_failure(handle, keys, now_ms, window_ms, &locks);
    if (result == RESULT_OK) {
        result = complete(handle, events, locks);
    }
    *locked = locks && result == RESULT_OK;
    return result;
}

enum result postgres_attempts_fail(struct store_handle *base, const struct attempt *attempts,
                                   size_t attempt_count, int64_t now_ms, int64_t window_ms,
                                   const struct attempt_events *events, bool *locked)
{
    struct postgres_attempt_keys keys;
    enum result result;
    keys_of(&keys, attempts, attempt_count);
    POSTGRES_TRY(result, fail(postgres_handle_of(base), &keys, now_ms, window_ms, events, locked));
    return result;
}

/* --- forget, take back ------------------------------------------------------------------------ */

static enum result change_each(struct store_handle *base, enum statement statement,
                               const struct attempt *attempts, size_t attempt_count)
{
    struct postgres_attempt_keys keys;
    enum result result;
    keys_of(&keys, attempts, attempt_count);
    POSTGRES_TRY(result, pgsql_do(postgres_handle_of(base), statement, PGSQL_BIND(keys.keys)));
    return result;
}

enum result postgres_attempts_clear(struct store_handle *base, const struct attempt *attempts,
                                    size_t attempt_count)
{
    return change_each(base, STATEMENT_ATTEMPT_CLEAR, attempts, attempt_count);
}

enum result postgres_attempts_return(struct store_handle *base, const struct attempt *attempts,
                                     size_t attempt_count)
{
    return change_each(base, STATEMENT_ATTEMPT_RETURN, attempts, attempt_count);
}
