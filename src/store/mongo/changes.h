/* The change feed: stamps (stamp.h) in the order of the server's clock. Slot of the back end: see
   store.h. */
#ifndef LATCHKEY_STORE_MONGO_CHANGES_H
#define LATCHKEY_STORE_MONGO_CHANGES_H

#include "store/mongo/connection.h"

/* Reads from ten seconds before the cursor: a stamp is given before its write can be seen, so they
   may come out of order. What this process was told already is left out. */
enum result mongo_changes_read(struct store_handle *handle, struct change_cursor *cursor,
                               int64_t since_ms, struct arena *arena,
                               bool (*visit)(void *context, const struct change *change),
                               void *context);

#endif
