/* Failed attempts: one document for each key. Slots of the back end: see store.h. With several keys
   each is counted by itself; what was counted before one that lets nothing through is taken back.
 */
#ifndef LATCHKEY_STORE_MONGO_ATTEMPTS_H
#define LATCHKEY_STORE_MONGO_ATTEMPTS_H

#include "store/mongo/connection.h"

enum result mongo_attempts_count(struct store_handle *handle, const struct attempt *attempts,
                                 size_t count, int64_t now_ms, int64_t window_ms,
                                 int64_t *locked_until_ms);
enum result mongo_attempts_fail(struct store_handle *handle, const struct attempt *attempts,
                                size_t count, int64_t now_ms, int64_t window_ms,
                                const struct attempt_events *events, bool *locked);
enum result mongo_attempts_clear(struct store_handle *handle, const struct attempt *attempts,
                                 size_t count);
/* The same by keys. */
enum result mongo_attempts_forget(struct mongo_handle *handle, const struct view *keys,
                                  size_t count);
enum result mongo_attempts_return(struct store_handle *handle, const struct attempt *attempts,
                                  size_t count);

#endif
