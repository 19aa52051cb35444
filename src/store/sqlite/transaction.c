#include "store/sqlite/transaction.h"

#include <assert.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "store/sqlite/sql.h"

/* --- the only writer -------------------------------------------------------------------------- */

/* Under the mutex. Who frees hands over to one of those who wait: a thread that writes without a
   pause would take the writer again before they have woken up. */
static bool await_writer(struct sqlite_writer *writer)
{
    struct timespec until;
    int waited = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CONNECTION_BUSY_MS / MS_PER_SECOND;
    writer->waiting++;
    while (!writer->is_handed && waited == 0) {
        waited = pthread_cond_timedwait(&writer->freed, &writer->mutex, &until);
    }
    writer->waiting--;
    bool taken = writer->is_handed;
    writer->is_handed = false;
    return taken;
}

/* A mutex held for the whole transaction could not give up waiting by the monotonic clock: the
   thread sanitizer does not know pthread_mutex_clocklock. */
static bool take_writer(struct sqlite_writer *writer)
{
    (void)pthread_mutex_lock(&writer->mutex);
    bool taken = !writer->is_busy || await_writer(writer);
    writer->is_busy = true;
    (void)pthread_mutex_unlock(&writer->mutex);
    return taken;
}

static void free_writer(struct sqlite_writer *writer)
{
    (void)pthread_mutex_lock(&writer->mutex);
    writer->is_busy = writer->is_handed = writer->waiting > 0;
    (void)pthread_cond_signal(&writer->freed);
    (void)pthread_mutex_unlock(&writer->mutex);
}

static enum result become_writer(struct sqlite_handle *handle)
{
    if (!take_writer(&handle->store->writer)) {
        return RESULT_STORE_UNAVAILABLE;
    }
    enum result result = sql_run(handle, STATEMENT_BEGIN_WRITE, SQL_NONE);
    if (result != RESULT_OK) {
        free_writer(&handle->store->writer);
    }
    return result;
}

/* --- transactions ----------------------------------------------------------------------------- */

enum result sqlite_transaction_begin_read(struct transaction *transaction,
                                          struct sqlite_handle *handle)
{
    enum result result = sql_run(handle, STATEMENT_BEGIN_READ, SQL_NONE);
    if (result == RESULT_OK) {
        *transaction = (struct transaction){.handle = handle};
    }
    return result;
}

enum result sqlite_transaction_begin_write(struct transaction *transaction,
                                           struct sqlite_handle *handle)
{
    enum result result = become_writer(handle);
    if (result == RESULT_OK) {
        *transaction = (struct transaction){.handle = handle, .is_writer = true};
    }
    return result;
}

static void release(struct transaction *transaction)
{
    if (transaction->is_writer) {
        free_writer(&transaction->handle->store->writer);
    }
    transaction->handle = NULL;
}

/* Triggers have noted who must be found by other texts from now on; see migrations/sqlite. */
static enum result update_search(struct sqlite_handle *handle)
{
    static const enum statement steps[] = {STATEMENT_SEARCH_FORGET, STATEMENT_SEARCH_LEARN,
                                           STATEMENT_SEARCH_DONE};
    int64_t due = 0;
    enum result result = sql_run_number(handle, STATEMENT_SEARCH_DUE, SQL_NONE, &due);
    for (size_t i = 0; due != 0 && result == RESULT_OK && i < ARRAY_LEN(steps); i++) {
        result = sql_run(handle, steps[i], SQL_NONE);
    }
    return result;
}

enum result sqlite_transaction_finish(struct transaction *transaction, enum result result)
{
    assert(transaction->handle != NULL);
    if (result == RESULT_OK && transaction->is_writer) {
        result = update_search(transaction->handle);
    }
    if (result == RESULT_OK) {
        result = sql_run(transaction->handle, STATEMENT_COMMIT, SQL_NONE);
    }
    if (result == RESULT_OK) {
        release(transaction);
    } else {
        sqlite_transaction_end(transaction);
    }
    return result;
}

void sqlite_transaction_end(struct transaction *transaction)
{
    if (transaction->handle == NULL) {
        return;
    }
    /* Some errors (full disk) have taken it back already. */
    if (sqlite3_get_autocommit(transaction->handle->db) == 0) {
        enum result result = sql_run(transaction->handle, STATEMENT_ROLLBACK, SQL_NONE);
        (void)result; /* logged; the connection takes the rest back with its next use */
    }
    release(transaction);
}
