#include "store/sqlite/attempts.h"

#include "store/sqlite/audit_events.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* What is known of one key, now. */
struct tally {
    int64_t attempts;
    int64_t failures;
    int64_t ends_ms; /* of the window, or of the lock */
    bool is_locked;
};

/* One call: its keys, their tallies, and what it finds. */
struct counting {
    const struct attempt *attempts;
    size_t count;
    int64_t now_ms;
    int64_t window_ms;
    struct tally tallies[STORE_ATTEMPTS_MAX];
    int64_t locked_until_ms;
};

static enum result read_tally(struct sqlite_handle *handle, struct view key,
                              const struct counting *counting, struct tally *out)
{
    /* A new window, unless one is open. */
    *out = (struct tally){.ends_ms = counting->now_ms + counting->window_ms};
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_ATTEMPT_READ, SQL_BIND(sql_blob(key)));
    enum result result = sql_row(&query);
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    struct tally tally = {
        .attempts = sql_get_number(&query, 0),
        .failures = sql_get_number(&query, 1),
        .ends_ms = sql_get_number(&query, 2),
        .is_locked = sql_get_number(&query, 3) != 0,
    };
    if (tally.ends_ms > counting->now_ms) {
        *out = tally;
    }
    return RESULT_OK;
}

/* Until when this key lets nothing through; 0: it does. A full key that is not locked has its
   attempts still at work: soon some have failed, or one was good. */
static int64_t closed_until(const struct counting *counting, size_t i)
{
    const struct tally *tally = &counting->tallies[i];
    if (tally->is_locked) {
        return tally->ends_ms;
    }
    return tally->attempts >= counting->attempts[i].limit ? counting->now_ms + STORE_ATTEMPT_WAIT_MS
                                                          : 0;
}

static enum result read_tallies(struct sqlite_handle *handle, struct counting *counting)
{
    counting->locked_until_ms = 0;
    for (size_t i = 0; i < counting->count; i++) {
        enum result result =
            read_tally(handle, counting->attempts[i].key, counting, &counting->tallies[i]);
        if (result != RESULT_OK) {
            return result;
        }
        int64_t until_ms = closed_until(counting, i);
        if (until_ms > counting->locked_until_ms) {
            counting->locked_until_ms = until_ms;
        }
    }
    return RESULT_OK;
}

static enum result count_all(struct sqlite_handle *handle, struct counting *counting)
{
    enum result result = read_tallies(handle, counting);
    if (counting->locked_until_ms != 0) {
        return result;
    }
    for (size_t i = 0; result == RESULT_OK && i < counting->count; i++) {
        const struct tally *tally = &counting->tallies[i];
        result =
            sql_run(handle, STATEMENT_ATTEMPT_WRITE,
                    SQL_BIND(sql_blob(counting->attempts[i].key), sql_number(tally->attempts + 1),
                             sql_number(tally->failures), sql_number(tally->ends_ms)));
    }
    return result;
}

enum result sqlite_attempts_count(struct store_handle *base, const struct attempt *attempts,
                                  size_t count, int64_t now_ms, int64_t window_ms,
                                  int64_t *locked_until_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    struct counting counting = {
        .attempts = attempts, .count = count, .now_ms = now_ms, .window_ms = window_ms};
    *locked_until_ms = 0;
    /* Who hammers at a locked door must not keep the writers busy. */
    enum result result = read_tallies(handle, &counting);
    if (result == RESULT_OK && counting.locked_until_ms == 0) {
        CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
        result = sqlite_transaction_begin_write(&transaction, handle);
        if (result == RESULT_OK) {
            result = sqlite_transaction_finish(&transaction, count_all(handle, &counting));
        }
    }
    if (result == RESULT_OK) {
        *locked_until_ms = counting.locked_until_ms;
    }
    return result;
}

static enum result fail_one(struct sqlite_handle *handle, const struct attempt *attempt,
                            int64_t now_ms, int64_t window_ms, bool *locked)
{
    int64_t is_locked = 0;
    enum result result =
        sql_run_number(handle, STATEMENT_ATTEMPT_FAIL,
                       SQL_BIND(sql_blob(attempt->key), sql_number(attempt->limit),
                                sql_number(now_ms), sql_number(now_ms + window_ms)),
                       &is_locked);
    *locked = *locked || is_locked != 0;
    /* Not counted, forgotten or locked already: nothing to note. */
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result append_events(struct sqlite_handle *handle, const struct attempt_events *events,
                                 bool locked)
{
    enum result result = RESULT_OK;
    if (events != NULL && events->failed != NULL) {
        result = sqlite_audit_events_add(handle, events->failed);
    }
    if (result == RESULT_OK && locked && events != NULL && events->locked != NULL) {
        result = sqlite_audit_events_add(handle, events->locked);
    }
    return result;
}

enum result sqlite_attempts_fail(struct store_handle *base, const struct attempt *attempts,
                                 size_t count, int64_t now_ms, int64_t window_ms,
                                 const struct attempt_events *events, bool *locked)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    bool locks = false;
    *locked = false;
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = fail_one(handle, &attempts[i], now_ms, window_ms, &locks);
    }
    if (result == RESULT_OK) {
        result = append_events(handle, events, locks);
    }
    result = sqlite_transaction_finish(&transaction, result);
    *locked = locks && result == RESULT_OK;
    return result;
}

static enum result change_each(struct store_handle *base, enum statement statement,
                               const struct attempt *attempts, size_t count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        result = sql_run(handle, statement, SQL_BIND(sql_blob(attempts[i].key)));
    }
    return sqlite_transaction_finish(&transaction, result);
}

enum result sqlite_attempts_clear(struct store_handle *base, const struct attempt *attempts,
                                  size_t count)
{
    return change_each(base, STATEMENT_ATTEMPT_CLEAR, attempts, count);
}

enum result sqlite_attempts_return(struct store_handle *base, const struct attempt *attempts,
                                   size_t count)
{
    return change_each(base, STATEMENT_ATTEMPT_RETURN, attempts, count);
}
