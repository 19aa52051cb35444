/* The schema of a PostgreSQL database. */
#ifndef LATCHKEY_STORE_POSTGRES_SCHEMA_H
#define LATCHKEY_STORE_POSTGRES_SCHEMA_H

#include "store/postgres/connection.h"

/* Connects, looks whose tables these are, and brings them up to date (store.h says with which
   results and messages). The handle is a quiet one of its own. */
MUST_CHECK enum result postgres_schema_prepare(struct postgres_handle *handle,
                                               const struct store_options *options, char *message,
                                               size_t message_size);

#endif
