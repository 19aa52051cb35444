/* Roles: reading. */
#ifndef LATCHKEY_STORE_SQLITE_ROLES_H
#define LATCHKEY_STORE_SQLITE_ROLES_H

#include "store/sqlite/connection.h"

/* Slots of the back end: see store.h. */
enum result sqlite_roles_list(struct store_handle *handle, struct arena *arena,
                              const struct role **out, size_t *count);
enum result sqlite_roles_get(struct store_handle *handle, struct view name, struct arena *arena,
                             struct role *out);

/* Reads within whatever transaction is open. */
MUST_CHECK enum result sqlite_roles_read(struct sqlite_handle *handle, const struct id *id,
                                         struct arena *arena, struct role *out);

#endif
