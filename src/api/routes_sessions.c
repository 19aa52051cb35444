/* Sessions: one's own, and those of a user. */
#include "api/routes.h"
#include "api/table_session.h"
#include "api/table_user.h"
#include "service/user_sessions.h"

#define TAG "Sessions"

struct session_list {
    struct auth_session_list sessions;
    struct view next_cursor; /* at NULL: there are no more */
};

static const struct field list_fields[] = {
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct session_list, sessions.items),
     .nested = &table_session},
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

static const struct field id_fields[] = {
    PATH_PARAM("id", "The session's id.", NULL),
};

static const struct table id_params = {
    .name = "SessionPath",
    .size = sizeof(struct path_params),
    FIELDS(id_fields),
};

static const struct field user_session_fields[] = {
    TABLE_USER_PARAM,
    PATH_PARAM("session_id", "The session's id.", NULL),
};

static const struct table user_session_params = {
    .name = "UserSessionPath",
    .size = sizeof(struct path_params),
    FIELDS(user_session_fields),
};

/* --- handlers --------------------------------------------------------------------------------- */

static enum result list(struct api_call *call)
{
    struct session_list *out = row_out(call, sizeof *out);
    return out != NULL ? auth_sessions(&call->service, &out->sessions) : RESULT_INTERNAL;
}

static enum result end(struct api_call *call)
{
    return auth_end_session(&call->service, call->request->params[0]);
}

static enum result list_of_user(struct api_call *call)
{
    struct session_list *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    return user_sessions_list(&call->service, call->request->params[0], &out->sessions);
}

static enum result end_all_of_user(struct api_call *call)
{
    return user_sessions_end_all(&call->service, call->request->params[0], NULL);
}

static enum result end_of_user(struct api_call *call)
{
    return user_sessions_end(&call->service, call->request->params[0], call->request->params[1]);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result list_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result end_results[] = {RESULT_NO_CONTENT, RESULT_NOT_FOUND, RESULT_COUNT};
static const enum result list_of_user_results[] = {RESULT_OK, RESULT_NOT_FOUND, RESULT_COUNT};
static const enum result end_of_user_results[] = {RESULT_NO_CONTENT, RESULT_NOT_FOUND,
                                                  RESULT_EXCEEDS_RIGHTS, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "listSessions",
     .method = METHOD_GET,
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
     .method = METHOD_DELETE,
     .path = "/v1/auth/sessions/{id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .params = &id_params,
     .results = end_results,
     .tag = TAG,
     .summary = "End one of one's own sessions",
     .handle = end},
    {.id = "listUserSessions",
     .method = METHOD_GET,
     .path = "/v1/users/{id}/sessions",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "sessions:read",
     .self_param = "id",
     .rate = ROW_FREE,
     .params = &table_user_params,
     .reply = &list_table,
     .results = list_of_user_results,
     .tag = TAG,
     .summary = "List a user's sessions",
     .description = "Those that are alive, the one used last first.",
     .handle = list_of_user},
    {.id = "endUserSessions",
     .method = METHOD_DELETE,
     .path = "/v1/users/{id}/sessions",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "sessions:delete",
     .self_param = "id",
     .rate = ROW_FREE,
     .params = &table_user_params,
     .results = end_of_user_results,
     .tag = TAG,
     .summary = "End all sessions of a user",
     .description = "Their tokens are dead at once here, within a second on other nodes. Nobody "
                    "ends sessions of one whose rights exceed theirs.",
     .handle = end_all_of_user},
    {.id = "endUserSession",
     .method = METHOD_DELETE,
     .path = "/v1/users/{id}/sessions/{session_id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "sessions:delete",
     .self_param = "id",
     .rate = ROW_FREE,
     .params = &user_session_params,
     .results = end_of_user_results,
     .tag = TAG,
     .summary = "End one session of a user",
     .handle = end_of_user},
};

const struct row_group routes_sessions = {ROWS(rows)};
