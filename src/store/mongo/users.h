/* People: reading, and what the other parts need of them. */
#ifndef LATCHKEY_STORE_MONGO_USERS_H
#define LATCHKEY_STORE_MONGO_USERS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* Slots of the back end: see store.h. */
enum result mongo_users_get(struct store_handle *handle, const struct user_key *key,
                            struct arena *arena, struct user *out);
enum result mongo_users_get_credentials(struct store_handle *handle, const struct user_key *key,
                                        struct arena *arena, struct user_credentials *out);
enum result mongo_users_any(struct store_handle *handle, bool *out);
enum result mongo_users_hash_kinds(struct store_handle *handle, int64_t sample, struct arena *arena,
                                   struct store_hash_kind out[STORE_HASH_KINDS_MAX], size_t *count);
enum result mongo_users_export(struct store_handle *handle, int64_t after, size_t limit,
                               struct arena *arena, struct user_credentials *out, size_t *count);

/* The document of one of that presence; *out is always to be destroyed. NOT_FOUND. */
MUST_CHECK enum result mongo_users_find(struct mongo_handle *handle, const struct id *id,
                                        enum user_presence presence, bson_t *out);

#endif
