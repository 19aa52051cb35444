/* The schema of an SQLite file. */
#ifndef LATCHKEY_STORE_SQLITE_SCHEMA_H
#define LATCHKEY_STORE_SQLITE_SCHEMA_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/result.h"
#include "store/sqlite/connection.h"

/* INVALID with a line in message when the file holds the tables of another program, or is no
 * database. Changes nothing. */
MUST_CHECK enum result sqlite_schema_check_owner(struct sqlite_handle *handle, char *message,
                                                 size_t message_size);
/* Brings the schema up to date, or checks that it is: see migrate.h. */
MUST_CHECK enum result sqlite_schema_migrate(struct sqlite_handle *handle,
                                             const struct store_options *options, char *message,
                                             size_t message_size);

#endif
