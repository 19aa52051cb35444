/* Deleted people: restoring them, and deleting them for good. Slots of the back end: see store.h.
   Of one who is gone for good a stub stays until no token can be left: {_id, purged, chg, …}. */
#ifndef LATCHKEY_STORE_MONGO_USER_LIFE_H
#define LATCHKEY_STORE_MONGO_USER_LIFE_H

#include "store/mongo/connection.h"

enum result mongo_user_life_restore(struct store_handle *handle, const struct id *user_id,
                                    const struct user_restore *restore, struct arena *arena,
                                    struct user *out);
enum result mongo_user_life_expired(struct store_handle *handle, int64_t deleted_before_ms,
                                    size_t limit, struct arena *arena, struct user *out,
                                    size_t *count);
/* Each person is purged for good before the next one is looked at; an event is stored right after.
 */
enum result mongo_user_life_purge(struct store_handle *handle, struct user_purge *people,
                                  size_t count, int64_t now_ms);

#endif
