#include "store/sqlite/transaction.h"

#include <assert.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "store/sqlite/sql.h"

static bool lock_writer(struct sqlite_store *store)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CONNECTION_BUSY_MS / MS_PER_SECOND;
    return pthread_mutex_clocklock(&store->writer, CLOCK_MONOTONIC, &until) == 0;
}

enum result sqlite_transaction_begin_read(struct transaction *transaction,
                                          struct sqlite_handle *handle)
{
    enum result result = sql_run(handle, STATEMENT_BEGIN_READ, SQL_NONE);
    if (result == RESULT_OK)
        *transaction = (struct transaction){.handle = handle};
    return result;
}

enum result sqlite_transaction_begin_write(struct transaction *transaction,
                                           struct sqlite_handle *handle)
{
    if (!lock_writer(handle->store))
        return RESULT_STORE_UNAVAILABLE;
    enum result result = sql_run(handle, STATEMENT_BEGIN_WRITE, SQL_NONE);
    if (result != RESULT_OK) {
        (void)pthread_mutex_unlock(&handle->store->writer);
        return result;
    }
    *transaction = (struct transaction){.handle = handle, .is_writer = true};
    return RESULT_OK;
}

static void release(struct transaction *transaction)
{
    if (transaction->is_writer)
        (void)pthread_mutex_unlock(&transaction->handle->store->writer);
    transaction->handle = NULL;
}

enum result sqlite_transaction_finish(struct transaction *transaction, enum result result)
{
    assert(transaction->handle != NULL);
    if (result == RESULT_OK)
        result = sql_run(transaction->handle, STATEMENT_COMMIT, SQL_NONE);
    if (result == RESULT_OK)
        release(transaction);
    else
        sqlite_transaction_end(transaction);
    return result;
}

void sqlite_transaction_end(struct transaction *transaction)
{
    if (transaction->handle == NULL)
        return;
    /* Some errors (full disk) have taken it back already. */
    if (sqlite3_get_autocommit(transaction->handle->db) == 0) {
        enum result result = sql_run(transaction->handle, STATEMENT_ROLLBACK, SQL_NONE);
        (void)result; /* logged; the connection takes the rest back with its next use */
    }
    release(transaction);
}
