/* People: restore, delete for good. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_USER_LIFE_H
#define LATCHKEY_STORE_POSTGRES_USER_LIFE_H

#include "store/postgres/connection.h"

enum result postgres_user_life_restore(struct store_handle *handle, const struct id *user_id,
                                       const struct user_restore *restore, struct arena *arena,
                                       struct user *out);
enum result postgres_user_life_purge(struct store_handle *handle, struct user_purge *people,
                                     size_t count, int64_t now_ms);

#endif
