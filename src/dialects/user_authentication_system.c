/* User Authentication System with JWT and FastAPI: log-in, one's own record, and users named by
   their usernames. */
#include "dialects/dialects.h"
#include "dialects/fastapi.h"
#include "dialects/person.h"
#include "model/limits.h"

#define STATUS_TAKEN 400

/* --- refusals --------------------------------------------------------------------------------- */

/* The template says 400 for a name or address that is taken. */
static int status(enum result result)
{
    bool taken = result == RESULT_USERNAME_TAKEN || result == RESULT_EMAIL_TAKEN;
    return taken ? STATUS_TAKEN : fastapi_status(result);
}

static void refuse(struct reply *reply, struct arena *arena, const struct style_refusal *refusal)
{
    fastapi_refuse(reply, arena, refusal, status(refusal->result));
}

static const struct style style = {
    .media_type = JSON_TYPE,
    .status = status,
    .refuse = refuse,
    .schemas = fastapi_schemas,
    .schema_of = fastapi_schema_of,
    .sentence = fastapi_sentence,
    .plain_challenge = true,
};

/* --- tables ----------------------------------------------------------------------------------- */

struct user_path {
    struct in_text username;
};

static const struct field path_fields[] = {
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user_path, username),
     .format = "username",
     .description = "As the user's `username`, in any case."},
};

static const struct table path_table = {
    .name = "UserPath",
    .size = sizeof(struct user_path),
    FIELDS(path_fields),
};

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "login_login_post",
     .method = METHOD_POST,
     .path = "/login",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_LOGIN,
     .ignore_query = true,
     .body = &fastapi_login_table,
     .body_forms = ROW_JSON | ROW_FORM | ROW_MULTIPART,
     .reply = &fastapi_token_table,
     .results = fastapi_login_results,
     .tag = "Authentication",
     .summary = "Login",
     .handle = fastapi_log_in},
    {.id = "logout_logout_post",
     .method = METHOD_POST,
     .path = "/logout",
     .lane = ROW_STORE,
     .auth = ROW_BEARER_ENDED,
     .rate = ROW_FREE,
     .ignore_query = true,
     .reply = &fastapi_message_table,
     .results = ok_results,
     .tag = "Authentication",
     .summary = "Logout",
     .description = "Ends the session: its token is dead at once.",
     .handle = fastapi_log_out_one},
    {.id = "create_user_users__post",
     .method = METHOD_POST,
     .path = "/users/",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:create",
     .rate = ROW_FREE,
     .ignore_query = true,
     .body = &person_create_table,
     .body_forms = ROW_JSON,
     .reply = &person_table,
     .results = person_create_results,
     .tag = "Users",
     .summary = "Create User",
     .handle = person_create_one},
    {.id = "read_users_me_users_me_get",
     .method = METHOD_GET,
     .path = "/users/me",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .ignore_query = true,
     .reply = &person_table,
     .results = ok_results,
     .tag = "Users",
     .summary = "Read Users Me",
     .handle = person_get_self},
    {.id = "read_user_users__username__get",
     .method = METHOD_GET,
     .path = "/users/{username}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .reply = &person_table,
     .results = person_get_results,
     .tag = "Users",
     .summary = "Read User",
     .handle = person_get_one},
    {.id = "update_user_users__username__put",
     .method = METHOD_PUT,
     .path = "/users/{username}",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:update",
     .self_param = "username",
     .guarded = {.member = "role", .permission = "users:roles"},
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .body = &person_update_table,
     .body_forms = ROW_JSON,
     .reply = &person_table,
     .results = person_update_results,
     .tag = "Users",
     .summary = "Update User",
     .description = "A new password ends the person's other sessions.",
     .handle = person_update_one},
    {.id = "delete_user_users__username__delete",
     .method = METHOD_DELETE,
     .path = "/users/{username}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:delete",
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .reply = &fastapi_message_table,
     .results = person_delete_results,
     .tag = "Users",
     .summary = "Delete User",
     .handle = person_delete_one},
};

static const struct row_group group = {ROWS(rows)};
static const struct row_group *const groups[] = {&group};

const struct row_set dialect_user_authentication_system = {
    .name = "user-authentication-system",
    .title = "User Authentication System with JWT and FastAPI",
    .description = "JWT log-in and log-out, one's own record, and users named by their usernames.",
    .style = &style,
    .scheme = FASTAPI_SCHEME,
    .token_path = "/login",
    .groups = groups,
    .group_count = ARRAY_LEN(groups),
};
