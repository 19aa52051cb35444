/* Roles. */
#ifndef LATCHKEY_STORE_POSTGRES_ROLES_H
#define LATCHKEY_STORE_POSTGRES_ROLES_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_roles_list(struct store_handle *handle, struct arena *arena,
                                const struct role **out, size_t *count);
enum result postgres_roles_get(struct store_handle *handle, struct view name, struct arena *arena,
                               struct role *out);
enum result postgres_roles_create(struct store_handle *handle, const struct role_draft *draft,
                                  struct arena *arena, struct role *out);
enum result postgres_roles_update(struct store_handle *handle, const struct id *role_id,
                                  const struct role_patch *patch, struct arena *arena,
                                  struct role *out);
enum result postgres_roles_delete(struct store_handle *handle, const struct id *role_id,
                                  int64_t if_version, int64_t now_ms, int64_t *holders);

/* Inside this folder: fills *out from ROLE_COLUMNS (statements.c). INTERNAL when out of memory. */
MUST_CHECK enum result postgres_roles_of_row(const struct pgsql_row *row, struct arena *arena,
                                             struct role *out);

#endif
