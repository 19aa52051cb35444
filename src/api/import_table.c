#include "api/import_table.h"

#include <stddef.h>

#include "model/limits.h"
#include "service/users_import.h"

#define HASH_MAX_BYTES PASSWORD_HASH_SIZE
#define ID_MAX_BYTES 256

static const char *const statuses[] = {"active", "disabled", NULL};

/* What everybody has, under the names of each. */
#define MEMBER(name_, kind_, member)                                                               \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .offset = offsetof(struct import_line, member),          \
        .flags = FIELD_NULLABLE                                                                    \
    }
#define ID(name_)                                                                                  \
    {                                                                                              \
        .name = (name_), .kind = FIELD_TEXT, .offset = offsetof(struct import_line, id),           \
        .flags = FIELD_NULLABLE, .max_bytes = ID_MAX_BYTES                                         \
    }
#define METADATA(name_)                                                                            \
    {                                                                                              \
        .name = (name_), .kind = FIELD_OBJECT, .offset = offsetof(struct import_line, metadata),   \
        .flags = FIELD_NULLABLE, .max_bytes = METADATA_MAX_BYTES                                   \
    }
#define HASH(name_)                                                                                \
    {                                                                                              \
        .name = (name_), .kind = FIELD_TEXT,                                                       \
        .offset = offsetof(struct import_line, password_hash),                                     \
        .flags = FIELD_NULLABLE | FIELD_SECRET, .max_bytes = HASH_MAX_BYTES                        \
    }
#define PASSWORD                                                                                   \
    {                                                                                              \
        .name = "password", .kind = FIELD_TEXT, .offset = offsetof(struct import_line, password),  \
        .flags = FIELD_NULLABLE | FIELD_SECRET, .max_bytes = PASSWORD_MAX_BYTES                    \
    }

static const struct field latchkey_fields[] = {
    ID("id"),
    MEMBER("username", FIELD_TEXT, username),
    MEMBER("email", FIELD_TEXT, email),
    MEMBER("name", FIELD_TEXT, name),
    MEMBER("age", FIELD_INTEGER, age),
    {.name = "roles",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct import_line, roles),
     .flags = FIELD_NULLABLE,
     .max = USER_ROLES_MAX,
     .max_bytes = ROLE_NAME_MAX_BYTES},
    {.name = "status",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct import_line, status),
     .flags = FIELD_NULLABLE,
     .choices = statuses},
    MEMBER("email_verified", FIELD_BOOLEAN, email_verified),
    METADATA("metadata"),
    MEMBER("created_at", FIELD_TEXT, created_at),
    HASH("password_hash"),
    PASSWORD,
};

const struct table import_table_latchkey = {
    .name = "ImportRecord",
    .size = sizeof(struct import_line),
    FIELDS(latchkey_fields),
};

/* Columns of auth.users. */
static const struct field gotrue_fields[] = {
    ID("id"),
    MEMBER("email", FIELD_TEXT, email),
    HASH("encrypted_password"),
    METADATA("raw_user_meta_data"),
    MEMBER("created_at", FIELD_TEXT, created_at),
    MEMBER("email_confirmed_at", FIELD_TEXT, confirmed_at),
    MEMBER("banned_until", FIELD_TEXT, banned_until),
    MEMBER("deleted_at", FIELD_TEXT, deleted_at),
};

const struct table import_table_gotrue = {
    .name = "ImportGoTrue",
    .size = sizeof(struct import_line),
    .ignore_unknown = true,
    FIELDS(gotrue_fields),
};

/* Columns of users; the hash is `passwordHash` before version 0.23, `password` since. */
static const struct field pocketbase_fields[] = {
    ID("id"),
    MEMBER("username", FIELD_TEXT, username),
    MEMBER("email", FIELD_TEXT, email),
    MEMBER("name", FIELD_TEXT, name),
    MEMBER("verified", FIELD_BOOLEAN, email_verified),
    MEMBER("created", FIELD_TEXT, created_at),
    HASH("passwordHash"),
    HASH("password"),
};

const struct table import_table_pocketbase = {
    .name = "ImportPocketBase",
    .size = sizeof(struct import_line),
    .ignore_unknown = true,
    FIELDS(pocketbase_fields),
};

/* A user of a realm's export; `credentials` is read by import_credential.h. */
static const struct field keycloak_fields[] = {
    ID("id"),
    MEMBER("username", FIELD_TEXT, username),
    MEMBER("email", FIELD_TEXT, email),
    MEMBER("firstName", FIELD_TEXT, first_name),
    MEMBER("lastName", FIELD_TEXT, last_name),
    MEMBER("enabled", FIELD_BOOLEAN, enabled),
    MEMBER("emailVerified", FIELD_BOOLEAN, email_verified),
    METADATA("attributes"),
    MEMBER("createdTimestamp", FIELD_INTEGER, created_ms),
};

const struct table import_table_keycloak = {
    .name = "ImportKeycloak",
    .size = sizeof(struct import_line),
    .ignore_unknown = true,
    FIELDS(keycloak_fields),
};

/* An account of `firebase auth:export --format=json`. */
static const struct field firebase_fields[] = {
    ID("localId"),
    MEMBER("email", FIELD_TEXT, email),
    MEMBER("displayName", FIELD_TEXT, name),
    MEMBER("emailVerified", FIELD_BOOLEAN, email_verified),
    MEMBER("disabled", FIELD_BOOLEAN, disabled),
    MEMBER("createdAt", FIELD_INTEGER, created_ms),
    HASH("passwordHash"),
    MEMBER("salt", FIELD_TEXT, salt),
};

const struct table import_table_firebase = {
    .name = "ImportFirebase",
    .size = sizeof(struct import_line),
    .ignore_unknown = true,
    FIELDS(firebase_fields),
};

/* A user of a FastAPI template's collection or table; see import_fastapi.h. */
static const struct field fastapi_fields[] = {
    ID("_id"),
    ID("id"),
    MEMBER("username", FIELD_TEXT, username),
    MEMBER("email", FIELD_TEXT, email),
    MEMBER("name", FIELD_TEXT, name),
    MEMBER("full_name", FIELD_TEXT, name),
    MEMBER("age", FIELD_INTEGER, age),
    MEMBER("userage", FIELD_INTEGER, age),
    {.name = "role",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct import_line, role),
     .flags = FIELD_NULLABLE,
     .max_bytes = ROLE_NAME_MAX_BYTES},
    MEMBER("is_active", FIELD_BOOLEAN, enabled),
    MEMBER("disabled", FIELD_BOOLEAN, disabled),
    MEMBER("is_deleted", FIELD_BOOLEAN, deleted),
    MEMBER("deleted_at", FIELD_TEXT, deleted_at),
    MEMBER("is_verified", FIELD_BOOLEAN, email_verified),
    MEMBER("created_at", FIELD_TEXT, created_at),
    HASH("hashed_password"),
    HASH("password_hash"),
    PASSWORD,
};

const struct table import_table_fastapi = {
    .name = "ImportFastApi",
    .size = sizeof(struct import_line),
    .ignore_unknown = true,
    FIELDS(fastapi_fields),
};
