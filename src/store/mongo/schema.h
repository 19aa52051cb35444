/* Indexes and first documents, by numbered steps as migrate.h has them: migrations/mongo holds for
   each number the commands that make it, which all may be run again. */
#ifndef LATCHKEY_STORE_MONGO_SCHEMA_H
#define LATCHKEY_STORE_MONGO_SCHEMA_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/result.h"
#include "store/mongo/connection.h"

/* INVALID with a line in message when a collection that we need is there, but was not made by us:
   one database often serves several programs. */
MUST_CHECK enum result mongo_schema_check_owner(struct mongo_handle *handle, char *message,
                                                size_t message_size);
/* INVALID with a line in message when nothing was ever made here. */
MUST_CHECK enum result mongo_schema_check_exists(struct mongo_handle *handle, char *message,
                                                 size_t message_size);
/* Checks what was applied, and applies what is missing. Of several processes one does it, the
   others wait. Results of migrate_run. */
MUST_CHECK enum result mongo_schema_migrate(struct mongo_handle *handle,
                                            const struct store_options *options, char *message,
                                            size_t message_size);
/* See store_migrate. There is no transaction to try the steps in: that only looks. */
MUST_CHECK enum result mongo_schema_migrate_by_mode(struct mongo_handle *handle,
                                                    const struct store_options *options,
                                                    enum store_migrate_mode mode,
                                                    const struct store_migrate_watch *watch,
                                                    char *message, size_t message_size);

#endif
