/* Roles. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_ROLES_H
#define LATCHKEY_STORE_SQLITE_ROLES_H

#include "store/sqlite/connection.h"

enum result sqlite_roles_list(struct store_handle *handle, struct arena *arena,
                              const struct role **out, size_t *count);

#endif
