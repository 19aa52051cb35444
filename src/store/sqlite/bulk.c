#include "store/sqlite/bulk.h"

#include "store/sqlite/sql.h"

/* Cannot fail: the connection is open and the option known. Statements are prepared anew. */
static void set_triggers(struct sqlite_handle *handle, int on)
{
    (void)sqlite3_db_config(handle->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, on, (int *)NULL);
}

enum result sqlite_bulk_begin(struct bulk *bulk, struct sqlite_handle *handle)
{
    enum result result = sqlite_transaction_begin_write(&bulk->transaction, handle);
    if (result == RESULT_OK) {
        set_triggers(handle, 0);
        result = sql_run_number(handle, STATEMENT_LIST_LAST, SQL_NONE, &bulk->last);
    }
    return result;
}

/* What the triggers would have done, in the order of no matter. */
static enum result catch_up(struct bulk *bulk)
{
    static const enum statement steps[] = {STATEMENT_BULK_COUNTS, STATEMENT_BULK_SEARCH,
                                           STATEMENT_BULK_CHANGED};
    enum result result = RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(steps) && result == RESULT_OK; i++) {
        result = sql_run(bulk->transaction.handle, steps[i], SQL_BIND(sql_number(bulk->last)));
    }
    return result;
}

enum result sqlite_bulk_finish(struct bulk *bulk, enum result result)
{
    struct sqlite_handle *handle = bulk->transaction.handle;
    if (result == RESULT_OK) {
        result = catch_up(bulk);
    }
    set_triggers(handle, 1);
    return sqlite_transaction_finish(&bulk->transaction, result);
}

void sqlite_bulk_end(struct bulk *bulk)
{
    if (bulk->transaction.handle != NULL) {
        set_triggers(bulk->transaction.handle, 1);
        sqlite_transaction_end(&bulk->transaction);
    }
}
