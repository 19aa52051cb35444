/* People: what changes them. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_USER_WRITE_H
#define LATCHKEY_STORE_SQLITE_USER_WRITE_H

#include "store/sqlite/connection.h"

enum result sqlite_user_write_create(struct store_handle *handle, const struct user_draft *draft,
                                     struct arena *arena, struct user *out);
enum result sqlite_user_write_update(struct store_handle *handle, const struct id *user_id,
                                     const struct user_patch *patch, struct arena *arena,
                                     struct user *out);
enum result sqlite_user_write_delete(struct store_handle *handle, const struct id *user_id,
                                     int64_t if_version, int64_t now_ms);

/* Gives roles within the transaction that is open; ids may be NULL. INVALID when there is no such
 * role. */
MUST_CHECK enum result sqlite_user_write_add_roles(struct sqlite_handle *handle, int64_t number,
                                                   const struct view *roles, const struct id *ids,
                                                   size_t count);

#endif
