/* Many people at once: values of a chunk of them as arrays, an element a person. */
#ifndef LATCHKEY_STORE_POSTGRES_BULK_H
#define LATCHKEY_STORE_POSTGRES_BULK_H

#include "base/arena.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/transaction.h"

/* People of one statement: so that it ends in good time, and takes little memory. */
#define BULK_CHUNK 1000

/* What a person is, beyond the draft. */
struct bulk_person {
    const struct user_draft *draft;
    int64_t created_ms;
    int64_t updated_ms;
    int64_t last_login_ms; /* 0: NULL, as the next */
    int64_t deleted_ms;
};

/* Columns of a chunk, each an array. */
enum bulk_column {
    BULK_ID,
    BULK_USERNAME,
    BULK_USERNAME_KEY,
    BULK_EMAIL,
    BULK_EMAIL_KEY,
    BULK_NAME,
    BULK_NAME_KEY,
    BULK_AGE,
    BULK_METADATA,
    BULK_STATUS,
    BULK_VERIFIED,
    BULK_PASSWORD_HASH,
    BULK_CREATED,
    BULK_UPDATED,
    BULK_LAST_LOGIN,
    BULK_DELETED,
    BULK_COLUMN_COUNT
};
struct bulk {
    struct builder builders[BULK_COLUMN_COUNT];
    struct pgsql_array arrays[BULK_COLUMN_COUNT];
};

/* Begins a transaction that may take its time, in a batch of its own. */
MUST_CHECK enum result postgres_bulk_begin(struct postgres_handle *handle,
                                           struct transaction *transaction);
/* The patience ends with it. Declare after the transaction with CLEANUP. */
void postgres_bulk_end(struct postgres_handle **handle);

/* Memory of the arrays is the arena's. */
void postgres_bulk_open(struct bulk *bulk, struct arena *arena, size_t count);
/* INVALID for a name that is longer than any may be. */
MUST_CHECK enum result postgres_bulk_add(struct bulk *bulk, const struct bulk_person *person);
struct pgsql_value postgres_bulk_value(const struct bulk *bulk, enum bulk_column column);
/* Gives their roles to people who were made. INVALID when a role is missing. */
MUST_CHECK enum result postgres_bulk_roles(struct postgres_handle *handle, struct arena *arena,
                                           const struct user_draft *const *drafts, size_t count);

#endif
