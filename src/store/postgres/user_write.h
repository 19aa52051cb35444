/* People: create, change, delete. */
#ifndef LATCHKEY_STORE_POSTGRES_USER_WRITE_H
#define LATCHKEY_STORE_POSTGRES_USER_WRITE_H

#include "base/utf8_fold.h"
#include "model/limits.h"
#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_user_write_create(struct store_handle *handle, const struct user_draft *draft,
                                       struct arena *arena, struct user *out);
enum result postgres_user_write_update(struct store_handle *handle, const struct id *user_id,
                                       const struct user_patch *patch, struct arena *arena,
                                       struct user *out);
enum result postgres_user_write_delete(struct store_handle *handle, const struct id *user_id,
                                       int64_t if_version, int64_t now_ms);

/* What is kept of a person's texts to be compared; with room of its own. at NULL: none. */
struct postgres_user_keys {
    char username_room[USERNAME_MAX_BYTES];
    char email_room[EMAIL_MAX_BYTES];
    char name_room[UTF8_FOLD_SIZE(NAME_MAX_CHARS * 4)];
    struct view username;
    struct view email;
    struct view name;
};
/* False when the name is longer than any may be. */
MUST_CHECK bool postgres_user_write_fold(struct view username, struct view email, struct view name,
                                         struct postgres_user_keys *out);
/* Where there is none, NULL. */
struct pgsql_value postgres_user_write_age(int age);
/* Names of roles as an array, in the builder. */
struct pgsql_value postgres_user_write_names(struct builder *builder, const struct view *names,
                                             size_t count);
/* Bytes that such an array may need. */
#define POSTGRES_ROLE_NAMES_BYTES                                                                  \
    PGSQL_ARRAY_BYTES(USER_ROLES_MAX, USER_ROLES_MAX *ROLE_NAME_MAX_BYTES)

/* Where a person stands, locked until the transaction ends. */
struct postgres_standing {
    int64_t number;
    int64_t version;
    bool is_deleted;
    bool is_admin; /* not deleted, active, and holds the role */
};
/* Begins the transaction in this. NOT_FOUND; CONFLICT when the version is not the one asked for (0:
   any). */
MUST_CHECK enum result postgres_user_write_lock(struct postgres_handle *handle,
                                                const struct id *user_id, int64_t if_version,
                                                struct postgres_standing *out);

#endif
