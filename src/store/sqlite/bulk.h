/* A transaction that adds many people: triggers are off, which cost each row more than all they do,
   and what they keep (counters, the index of texts, what lists must learn of) is brought up to date
   at once at its end. Declare it with CLEANUP(sqlite_bulk_end). */
#ifndef LATCHKEY_STORE_SQLITE_BULK_H
#define LATCHKEY_STORE_SQLITE_BULK_H

#include "store/sqlite/transaction.h"

struct bulk {
    struct transaction transaction;
    int64_t last; /* number of the last person before */
};

/* As sqlite_transaction_begin_write. Only new people and their roles may be written then. */
MUST_CHECK enum result sqlite_bulk_begin(struct bulk *bulk, struct sqlite_handle *handle);
/* As sqlite_transaction_finish. */
MUST_CHECK enum result sqlite_bulk_finish(struct bulk *bulk, enum result result);
/* Takes back what is still open. */
void sqlite_bulk_end(struct bulk *bulk);

#endif
