#include "api/table_grant.h"

#include "api/table_user.h"
#include "base/attributes.h"
#include "service/auth.h"

/* The user is the last one. */
static const struct field fields[] = {
    {.name = "access_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_grant, access_token),
     .description = "A JWT (RFC 9068) for `Authorization: Bearer`."},
    {.name = "token_type",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_grant, token_type),
     .example = "\"bearer\""},
    {.name = "expires_in",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct auth_grant, expires_in_s),
     .description = "Seconds that the access token is good for."},
    {.name = "refresh_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_grant, refresh_token),
     .description = "Good for one refresh; lives as long as its session."},
    {.name = "user",
     .kind = FIELD_NESTED,
     .offset = offsetof(struct auth_grant, user),
     .nested = &table_user},
};

const struct table table_grant = {
    .name = "Grant",
    .description = "A session's tokens.",
    .size = sizeof(struct auth_grant),
    FIELDS(fields),
};

const struct table table_grant_tokens = {
    .name = "TokenResponse",
    .description = "RFC 6749 section 5.1.",
    .size = sizeof(struct auth_grant),
    .fields = fields,
    .field_count = ARRAY_LEN(fields) - 1,
};
