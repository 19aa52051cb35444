#include "store/sqlite/attempts.h"

#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* What is known of one key, now. */
struct tally {
    int64_t attempts;
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

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static enum result read_tally(struct sqlite_handle *handle, struct view key,
                              const struct counting *counting, struct tally *out)
{
    /* A new window, unless one is open. */
    *out = (struct tally){.ends_ms = counting->now_ms + counting->window_ms};
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_ATTEMPT_READ, SQL_BIND(sql_blob(key)));
    enum result result = sql_row(&query);
    if (result != RESULT_OK)
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    int64_t ends_ms = sql_get_number(&query, 1);
    if (ends_ms > counting->now_ms)
        *out = (struct tally){sql_get_number(&query, 0), ends_ms, sql_get_number(&query, 2) != 0};
    return RESULT_OK;
}

static enum result read_tallies(struct sqlite_handle *handle, struct counting *counting)
{
    counting->locked_until_ms = 0;
    for (size_t i = 0; i < counting->count; i++) {
        struct tally *tally = &counting->tallies[i];
        enum result result = read_tally(handle, counting->attempts[i].key, counting, tally);
        if (result != RESULT_OK)
            return result;
        if (tally->is_locked)
            counting->locked_until_ms = later_of(counting->locked_until_ms, tally->ends_ms);
    }
    return RESULT_OK;
}

static bool is_full(const struct counting *counting, size_t i)
{
    return counting->tallies[i].attempts >= counting->attempts[i].limit;
}

/* Full keys become locked; only if there is none this attempt is let through and counted. */
static bool lock_full(struct counting *counting)
{
    for (size_t i = 0; i < counting->count; i++) {
        if (!is_full(counting, i))
            continue;
        counting->locked_until_ms = counting->now_ms + counting->window_ms;
        counting->tallies[i].ends_ms = counting->locked_until_ms;
        counting->tallies[i].is_locked = true;
    }
    return counting->locked_until_ms != 0;
}

static enum result write_tallies(struct sqlite_handle *handle, const struct counting *counting,
                                 bool only_locked)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < counting->count; i++) {
        const struct tally *tally = &counting->tallies[i];
        if (only_locked && !tally->is_locked)
            continue;
        result = sql_run(handle, STATEMENT_ATTEMPT_WRITE,
                         SQL_BIND(sql_blob(counting->attempts[i].key),
                                  sql_number(tally->attempts + (only_locked ? 0 : 1)),
                                  sql_number(tally->ends_ms), sql_number(tally->is_locked)));
    }
    return result;
}

static enum result count_all(struct sqlite_handle *handle, struct counting *counting)
{
    enum result result = read_tallies(handle, counting);
    if (result != RESULT_OK || counting->locked_until_ms != 0)
        return result;
    bool only_locked = lock_full(counting);
    return write_tallies(handle, counting, only_locked);
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
        if (result == RESULT_OK)
            result = sqlite_transaction_finish(&transaction, count_all(handle, &counting));
    }
    if (result == RESULT_OK)
        *locked_until_ms = counting.locked_until_ms;
    return result;
}

static enum result change_each(struct store_handle *base, enum statement statement,
                               const struct attempt *attempts, size_t count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK)
        return result;
    for (size_t i = 0; result == RESULT_OK && i < count; i++)
        result = sql_run(handle, statement, SQL_BIND(sql_blob(attempts[i].key)));
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
