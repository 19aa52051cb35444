/* The feed of changes, and clearing away what is over. */
#ifndef LATCHKEY_STORE_POSTGRES_CHANGES_H
#define LATCHKEY_STORE_POSTGRES_CHANGES_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_changes_read(struct store_handle *handle, struct change_cursor *cursor,
                                  int64_t since_ms, struct arena *arena,
                                  bool (*visit)(void *context, const struct change *change),
                                  void *context);
enum result postgres_changes_purge(struct store_handle *handle, const struct purge_limits *limits,
                                   bool *more);
int postgres_changes_descriptor(struct store_handle *handle);

/* Adds a change to a batch. subject may be NULL: nothing in particular. */
size_t postgres_changes_add(struct pgsql_batch *batch, enum change_kind kind,
                            const struct id *subject, int64_t at_ms);
/* Wakes the other processes, when result is OK and a change was committed; gives result back. That
   nobody could be woken is no failure: they look by themselves. */
enum result postgres_changes_tell(struct postgres_handle *handle, enum result result);

#endif
