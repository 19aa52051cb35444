/* Roles: creating, changing, deleting. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_ROLE_WRITE_H
#define LATCHKEY_STORE_SQLITE_ROLE_WRITE_H

#include "store/sqlite/connection.h"

enum result sqlite_role_write_create(struct store_handle *handle, const struct role_draft *draft,
                                     struct arena *arena, struct role *out);
enum result sqlite_role_write_update(struct store_handle *handle, const struct id *role_id,
                                     const struct role_patch *patch, struct arena *arena,
                                     struct role *out);
enum result sqlite_role_write_delete(struct store_handle *handle, const struct id *role_id,
                                     int64_t if_version, int64_t now_ms, int64_t *holders);

#endif
