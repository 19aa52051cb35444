/* The schema of a PostgreSQL database. */
#ifndef LATCHKEY_STORE_POSTGRES_SCHEMA_H
#define LATCHKEY_STORE_POSTGRES_SCHEMA_H

#include "store/postgres/connection.h"

/* What preparing a database, or migrating it, is about. */
struct postgres_preparation {
    const struct store_options *options;
    enum store_migrate_mode mode; /* 0: as opening a store does */
    const struct store_migrate_watch *watch;
    char *message;
    size_t message_size;
};

/* Connects, looks whose tables these are, and does with them what the mode says (store.h says with
   which results and messages). The handle is a quiet one of its own. */
MUST_CHECK enum result postgres_schema_prepare(struct postgres_handle *handle,
                                               const struct postgres_preparation *p);

#endif
