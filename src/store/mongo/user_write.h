/* People: what changes them. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_USER_WRITE_H
#define LATCHKEY_STORE_MONGO_USER_WRITE_H

#include "store/mongo/connection.h"
#include "store/mongo/user_document.h"

enum result mongo_user_write_create(struct store_handle *handle, const struct user_draft *draft,
                                    struct arena *arena, struct user *out);
enum result mongo_user_write_update(struct store_handle *handle, const struct id *user_id,
                                    const struct user_patch *patch, struct arena *arena,
                                    struct user *out);
enum result mongo_user_write_delete(struct store_handle *handle, const struct id *user_id,
                                    int64_t if_version, int64_t now_ms);

/* A change that lost against another one of the same person is made again, so often. */
#define USER_WRITE_TRIES 100

/* Inserts the person. USERNAME_TAKEN, EMAIL_TAKEN; CONFLICT: the id or the number is in use. */
MUST_CHECK enum result mongo_user_write_insert(struct mongo_handle *handle,
                                               const struct new_user *made);
/* USERNAME_TAKEN, EMAIL_TAKEN or CONFLICT for the field of a refused write. Pure. */
enum result mongo_user_write_refusal(const char *key);

#endif
