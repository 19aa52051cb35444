#include "store/postgres/transaction.h"

#include "store/postgres/driver.h"
#include "store/postgres/pgsql.h"

struct transaction postgres_transaction_open(struct postgres_handle *handle)
{
    enum result result = postgres_connection_need(handle);
    (void)result; /* shows again in the first batch */
    handle->is_bound = true;
    return (struct transaction){.handle = handle};
}

enum result postgres_transaction_finish(struct transaction *transaction, enum result result)
{
    const PGconn *conn = transaction->handle->conn;
    bool is_over = conn != NULL && pq.transactionStatus(conn) == PQTRANS_IDLE;
    if (result == RESULT_OK && !is_over) {
        result = pgsql_do(transaction->handle, STATEMENT_COMMIT, PGSQL_NONE);
    }
    postgres_transaction_end(transaction);
    return result;
}

void postgres_transaction_end(struct transaction *transaction)
{
    struct postgres_handle *handle = transaction->handle;
    if (handle == NULL) {
        return;
    }
    transaction->handle = NULL;
    if (handle->conn != NULL && pq.transactionStatus(handle->conn) != PQTRANS_IDLE) {
        enum result result = pgsql_do(handle, STATEMENT_ROLLBACK, PGSQL_NONE);
        if (result != RESULT_OK) {
            postgres_connection_lose(handle);
        }
    }
    handle->is_bound = false;
}
