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
/* INVALID with a line in message unless it is one of ours; an empty one is none. */
MUST_CHECK enum result sqlite_schema_check_ours(struct sqlite_handle *handle, char *message,
                                                size_t message_size);
/* Brings the schema up to date, or checks that it is: see migrate.h. */
MUST_CHECK enum result sqlite_schema_migrate(struct sqlite_handle *handle,
                                             const struct store_options *options, char *message,
                                             size_t message_size);
/* For the slot migrate: see store.h. */
MUST_CHECK enum result sqlite_schema_migrate_by_mode(struct sqlite_handle *handle,
                                                     const struct store_options *options,
                                                     enum store_migrate_mode mode,
                                                     const struct store_migrate_watch *watch,
                                                     char *message, size_t message_size);
/* Likewise for a file that does not exist: all is pending. */
MUST_CHECK enum result sqlite_schema_look_at_nothing(const struct store_migrate_watch *watch,
                                                     char *message, size_t message_size);

#endif
