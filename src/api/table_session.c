#include "api/table_session.h"

#include "service/auth.h"

static const struct field session_fields[] = {
    {.name = "id",
     .kind = FIELD_ID,
     .offset = offsetof(struct auth_session, session.id),
     .description = "The `sid` of its access tokens."},
    {.name = "user_agent",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_session, session.user_agent),
     .flags = FIELD_NULLABLE},
    {.name = "address",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct auth_session, session.address),
     .description = "Of the client, at its last use.",
     .example = "\"192.0.2.7\""},
    {.name = "created_at",
     .kind = FIELD_INSTANT,
     .offset = offsetof(struct auth_session, session.created_ms)},
    {.name = "last_used_at",
     .kind = FIELD_INSTANT,
     .offset = offsetof(struct auth_session, session.last_used_ms)},
    {.name = "expires_at",
     .kind = FIELD_INSTANT,
     .offset = offsetof(struct auth_session, expires_ms),
     .description = "Unless it is used before."},
    {.name = "current",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct auth_session, current),
     .description = "This request's own."},
};

const struct table table_session = {
    .name = "Session",
    .description = "A log-in on one client.",
    .size = sizeof(struct auth_session),
    FIELDS(session_fields),
};
