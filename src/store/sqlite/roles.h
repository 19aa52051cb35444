/* Roles: reading. */
#ifndef LATCHKEY_STORE_SQLITE_ROLES_H
#define LATCHKEY_STORE_SQLITE_ROLES_H

#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

/* Slots of the back end: see store.h. */
enum result sqlite_roles_list(struct store_handle *handle, struct arena *arena,
                              const struct role **out, size_t *count);
enum result sqlite_roles_get(struct store_handle *handle, struct view name, struct arena *arena,
                             struct role *out);

/* Reads within whatever transaction is open. */
MUST_CHECK enum result sqlite_roles_read(struct sqlite_handle *handle, const struct id *id,
                                         struct arena *arena, struct role *out);

/* Inside this folder: fills *out from the current row of ROLE_COLUMNS (statements.c). */
MUST_CHECK enum result sqlite_roles_of_row(struct sql_query *query, struct arena *arena,
                                           struct role *out);

#endif
