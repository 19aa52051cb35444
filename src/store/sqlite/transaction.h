/* Transactions of a connection. Declare one with CLEANUP(sqlite_transaction_end): what was not
 * committed is taken back. */
#ifndef LATCHKEY_STORE_SQLITE_TRANSACTION_H
#define LATCHKEY_STORE_SQLITE_TRANSACTION_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/result.h"
#include "store/sqlite/connection.h"

struct transaction {
    struct sqlite_handle *handle; /* NULL: none is open */
    bool is_writer;               /* is the store's only writer */
};

/* A stable view of the data, no lock. */
MUST_CHECK enum result sqlite_transaction_begin_read(struct transaction *transaction,
                                                     struct sqlite_handle *handle);
/* The only writer, of all threads and processes. STORE_UNAVAILABLE when it cannot become so within
   CONNECTION_BUSY_MS for threads and the same again for processes. */
MUST_CHECK enum result sqlite_transaction_begin_write(struct transaction *transaction,
                                                      struct sqlite_handle *handle);
/* Commits when result is OK, else takes all back; gives result back, or why it could not commit. */
MUST_CHECK enum result sqlite_transaction_finish(struct transaction *transaction,
                                                 enum result result);
/* Takes back what is still open. */
void sqlite_transaction_end(struct transaction *transaction);

#endif
