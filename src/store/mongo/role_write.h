/* Roles: what changes them. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_ROLE_WRITE_H
#define LATCHKEY_STORE_MONGO_ROLE_WRITE_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

enum result mongo_role_write_create(struct store_handle *handle, const struct role_draft *draft,
                                    struct arena *arena, struct role *out);
enum result mongo_role_write_update(struct store_handle *handle, const struct id *role_id,
                                    const struct role_patch *patch, struct arena *arena,
                                    struct role *out);
enum result mongo_role_write_delete(struct store_handle *handle, const struct id *role_id,
                                    int64_t if_version, int64_t now_ms, int64_t *holders);

/* Sorted, each once, as an array. */
void mongo_role_write_permissions(const struct view *permissions, size_t count, bson_t *out);
/* Takes a role that is deleted from all who have it, deleted people and those whose grant was never
   confirmed. */
MUST_CHECK enum result mongo_role_write_take_away(struct mongo_handle *handle,
                                                  const struct id *role_id, int64_t now_ms);

#endif
