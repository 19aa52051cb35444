/* Counters of failed attempts. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_ATTEMPTS_H
#define LATCHKEY_STORE_SQLITE_ATTEMPTS_H

#include "store/sqlite/connection.h"

enum result sqlite_attempts_count(struct store_handle *handle, const struct attempt *attempts,
                                  size_t count, int64_t now_ms, int64_t window_ms,
                                  int64_t *locked_until_ms);
enum result sqlite_attempts_fail(struct store_handle *handle, const struct attempt *attempts,
                                 size_t count, int64_t now_ms, int64_t window_ms,
                                 const struct attempt_events *events, bool *locked);
enum result sqlite_attempts_clear(struct store_handle *handle, const struct attempt *attempts,
                                  size_t count);
enum result sqlite_attempts_return(struct store_handle *handle, const struct attempt *attempts,
                                   size_t count);

#endif
