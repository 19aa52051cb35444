/* Has anything been committed, by whichever process, since a moment ago? Asked of memory, without a
   lock, a transaction or a system call: for reads that come again and again. */
#ifndef LATCHKEY_STORE_SQLITE_SNAPSHOT_H
#define LATCHKEY_STORE_SQLITE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct sqlite_handle;

/* The header of the WAL index (walformat.html, section 2.1): counter of changes, size, salts and
   checksum of the log. It differs after every commit, checkpoint that restarts the log, and
   recovery. */
#define SNAPSHOT_WORDS 12
struct snapshot {
    uint32_t words[SNAPSHOT_WORDS];
};

/* Finds the WAL index of the connection, which has read something before. NULL when it cannot be
   had: then nothing is known without asking the database. It lives as long as the connection. */
const volatile uint32_t *sqlite_snapshot_find(struct sqlite_handle *handle);
/* How the database stands now; false while it is being changed, or when it cannot be told. A read
   that began after *out was taken, and ended while it was still current, saw just that state. */
MUST_CHECK bool sqlite_snapshot_take(const struct sqlite_handle *handle, struct snapshot *out);
/* True when nothing has been committed since. */
bool sqlite_snapshot_is_current(const struct sqlite_handle *handle,
                                const struct snapshot *snapshot);

#endif
