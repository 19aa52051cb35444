/* Roles: reading, and what the other parts need of them. */
#ifndef LATCHKEY_STORE_MONGO_ROLES_H
#define LATCHKEY_STORE_MONGO_ROLES_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* The built-in role whose last active holder stays (migrations/mongo/0001). */
extern const struct id mongo_roles_admin;

/* Slots of the back end: see store.h. */
enum result mongo_roles_list(struct store_handle *handle, struct arena *arena,
                             const struct role **out, size_t *count);
enum result mongo_roles_get(struct store_handle *handle, struct view name, struct arena *arena,
                            struct role *out);

/* What a document of the collection says. INTERNAL when the arena is full. */
MUST_CHECK enum result mongo_roles_of_doc(const bson_t *doc, struct arena *arena, struct role *out);

#endif
