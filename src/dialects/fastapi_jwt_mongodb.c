/* FastAPI JWT Authentication System with MongoDB: log-in, sign-up, and people looked after by
   admins. */
#include "dialects/dialects.h"
#include "dialects/fastapi.h"
#include "dialects/person.h"
#include "model/limits.h"

#define AUTH "auth"
#define USERS "users"

/* --- tables ----------------------------------------------------------------------------------- */

static const struct field register_fields[] = {
    PERSON_USERNAME(FIELD_REQUIRED),
    PERSON_EMAIL(FIELD_REQUIRED),
    PERSON_PASSWORD(FIELD_REQUIRED),
};

static const struct table register_table = {
    .name = "UserRegister",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(register_fields),
};

struct user_path {
    struct in_text id;
};

static const struct field path_fields[] = {
    {.name = "id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct user_path, id),
     .format = "uuid",
     .description = "As the user's `id`."},
};

static const struct table path_table = {
    .name = "UserPath",
    .size = sizeof(struct user_path),
    FIELDS(path_fields),
};

/* --- handlers --------------------------------------------------------------------------------- */

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "login_auth_login_post",
     .method = METHOD_POST,
     .path = "/auth/login",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_LOGIN,
     .ignore_query = true,
     .body = &fastapi_login_table,
     .body_forms = ROW_JSON | ROW_FORM | ROW_MULTIPART,
     .reply = &fastapi_token_table,
     .results = fastapi_login_results,
     .tag = AUTH,
     .summary = "Login",
     .handle = fastapi_log_in},
    {.id = "logout_auth_logout_post",
     .method = METHOD_POST,
     .path = "/auth/logout",
     .lane = ROW_STORE,
     .auth = ROW_BEARER_ENDED,
     .rate = ROW_FREE,
     .ignore_query = true,
     .reply = &fastapi_message_table,
     .results = ok_results,
     .tag = AUTH,
     .summary = "Logout",
     .description = "Ends the session: its token is dead at once.",
     .handle = fastapi_log_out_one},
    {.id = "register_auth_register_post",
     .method = METHOD_POST,
     .path = "/auth/register",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_SIGNUP,
     .ignore_query = true,
     .body = &register_table,
     .body_forms = ROW_JSON,
     .reply = &person_table,
     .results = person_register_results,
     .tag = AUTH,
     .summary = "Register",
     .handle = person_register_one},
    {.id = "get_users_users__get",
     .method = METHOD_GET,
     .path = "/users/",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:read",
     .rate = ROW_FREE,
     .query = &person_window_query,
     .reply = &person_table,
     .reply_list = true,
     .results = ok_results,
     .tag = USERS,
     .summary = "Get Users",
     .handle = person_list_all},
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
     .tag = USERS,
     .summary = "Create User",
     .handle = person_create_one},
    {.id = "update_user_users__id__put",
     .method = METHOD_PUT,
     .path = "/users/{id}",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .permission = "users:update",
     .guarded = {.member = "role", .permission = "users:roles"},
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .body = &person_update_table,
     .body_forms = ROW_JSON,
     .reply = &person_table,
     .results = person_update_results,
     .tag = USERS,
     .summary = "Update User",
     .handle = person_update_one},
    {.id = "delete_user_users__id__delete",
     .method = METHOD_DELETE,
     .path = "/users/{id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:delete",
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .reply = &fastapi_message_table,
     .results = person_delete_results,
     .tag = USERS,
     .summary = "Delete User",
     .handle = person_delete_one},
};

static const struct row_group group = {ROWS(rows)};
static const struct row_group *const groups[] = {&group};

const struct row_set dialect_fastapi_jwt_mongodb = {
    .name = "fastapi-jwt-mongodb",
    .title = "FastAPI JWT Authentication System with MongoDB",
    .description = "JWT log-in and log-out, and users looked after by admins.",
    .style = &fastapi_style,
    .scheme = FASTAPI_SCHEME,
    .token_path = "/auth/login",
    .groups = groups,
    .group_count = ARRAY_LEN(groups),
};
