/* Own sessions. */
#include "api/routes.h"
#include "service/auth.h"

#define TAG "Sessions"

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

static const struct table session_table = {
    .name = "Session",
    .description = "A log-in on one client.",
    .size = sizeof(struct auth_session),
    FIELDS(session_fields),
};

struct session_list {
    struct auth_session_list sessions;
    struct view next_cursor; /* at NULL: there are no more */
};

static const struct field list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct session_list, sessions.items),
     .nested = &session_table},
    {.name = "total",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct session_list, sessions.total)},
    {.name = "next_cursor",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct session_list, next_cursor),
     .flags = FIELD_NULLABLE},
};

static const struct table list_table = {
    .name = "SessionList",
    .size = sizeof(struct session_list),
    FIELDS(list_fields),
};

static enum result list(struct api_call *call)
{
    struct session_list *out = row_out(call, sizeof *out);
    return out != NULL ? auth_sessions(&call->service, &out->sessions) : RESULT_INTERNAL;
}

struct id_params {
    struct in_text id;
};

static const struct field id_fields[] = {
    {.name = "id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct id_params, id),
     .description = "The session's id."},
};

static const struct table id_params = {
    .name = "SessionPath",
    .size = sizeof(struct id_params),
    FIELDS(id_fields),
};

static enum result end(struct api_call *call)
{
    return auth_end_session(&call->service, call->request->params[0]);
}

static const enum result list_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result end_results[] = {RESULT_NO_CONTENT, RESULT_NOT_FOUND, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "listSessions",
     .method = HTTP_GET,
     .path = "/v1/auth/sessions",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .reply = &list_table,
     .results = list_results,
     .tag = TAG,
     .summary = "List one's own sessions",
     .description = "Those that are alive, the one used last first.",
     .handle = list},
    {.id = "endSession",
     .method = HTTP_DELETE,
     .path = "/v1/auth/sessions/{id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .params = &id_params,
     .results = end_results,
     .tag = TAG,
     .summary = "End one of one's own sessions",
     .handle = end},
};

const struct row_group routes_sessions = {ROWS(rows)};
