/* The feed of changes, and clearing away what is over. */
#ifndef LATCHKEY_STORE_SQLITE_CHANGES_H
#define LATCHKEY_STORE_SQLITE_CHANGES_H

#include "store/sqlite/connection.h"

/* Slots of the back end: see store.h. */
enum result sqlite_changes_read(struct store_handle *handle, struct change_cursor *cursor,
                                int64_t since_ms, struct arena *arena,
                                bool (*visit)(void *context, const struct change *change),
                                void *context);
enum result sqlite_changes_purge(struct store_handle *handle, const struct purge_limits *limits,
                                 bool *more);

/* Adds one within a write transaction. subject may be NULL: nothing in particular. */
MUST_CHECK enum result sqlite_changes_append(struct sqlite_handle *handle, enum change_kind kind,
                                             const struct id *subject, int64_t at_ms);

#endif
