/* Transactions of several round trips. Add STATEMENT_BEGIN to the first batch, and STATEMENT_COMMIT
   to the last one or call postgres_transaction_finish. Declare one with
   CLEANUP(postgres_transaction_end), before its batches: what was not committed is taken back.

   Locks are taken in this order, so that nobody waits in a circle: signing keys and the schema
   (advisory), a person, the role "admin" (who takes an admin away), other roles, sessions, attempts
   by key. Several people of one operation are locked by their numbers. Rotations that are written
   together (rotations.c) wait for no lock of a row. */
#ifndef LATCHKEY_STORE_POSTGRES_TRANSACTION_H
#define LATCHKEY_STORE_POSTGRES_TRANSACTION_H

#include "base/attributes.h"
#include "base/result.h"
#include "store/postgres/connection.h"

/* Advisory locks of this database; each is held to the end of its transaction. */
enum transaction_lock { TRANSACTION_LOCK_SCHEMA = 0x4c4b0001, TRANSACTION_LOCK_KEYS = 0x4c4b0002 };

#define TRANSACTION_TRIES 3
/* Tries the expression, a result, as long as another transaction is in its way (BUSY), three times
   at most; then it is STORE_UNAVAILABLE. */
#define POSTGRES_TRY(result, expression)                                                           \
    do {                                                                                           \
        unsigned tries_ = 0;                                                                       \
        do {                                                                                       \
            (result) = (expression);                                                               \
        } while ((result) == RESULT_BUSY && ++tries_ < TRANSACTION_TRIES);                         \
        if ((result) == RESULT_BUSY) {                                                             \
            (result) = RESULT_STORE_UNAVAILABLE;                                                   \
        }                                                                                          \
    } while (0)

struct transaction {
    struct postgres_handle *handle; /* NULL: over */
};

/* From now on the handle's batches are of one connection and never of a new one. */
struct transaction postgres_transaction_open(struct postgres_handle *handle);
/* Commits when result is OK, unless a batch has done so already; else takes all back; gives result
 * back, or why it could not commit. */
MUST_CHECK enum result postgres_transaction_finish(struct transaction *transaction,
                                                   enum result result);
/* Takes back what is still open. */
void postgres_transaction_end(struct transaction *transaction);

#endif
