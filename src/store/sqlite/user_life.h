/* Deleted people: how they come back, and how they go for good. Slots of the back end: see store.h.
 */
#ifndef LATCHKEY_STORE_SQLITE_USER_LIFE_H
#define LATCHKEY_STORE_SQLITE_USER_LIFE_H

#include "store/sqlite/connection.h"

enum result sqlite_user_life_restore(struct store_handle *handle, const struct id *user_id,
                                     const struct user_restore *restore, struct arena *arena,
                                     struct user *out);
enum result sqlite_user_life_purge(struct store_handle *handle, struct user_purge *people,
                                   size_t count, int64_t now_ms);

#endif
