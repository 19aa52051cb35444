/* FastAPI Authentication API: sign-up, log-in, refresh and log-out, the refresh token also as a
   cookie. */
#include "api/context.h"
#include "api/table_role.h"
#include "dialects/dialects.h"
#include "dialects/fastapi.h"
#include "dialects/person.h"
#include "model/limits.h"
#include "service/auth.h"
#include "service/users.h"

#define AUTH "auth"
#define COOKIE_NAME "refresh_token"

/* --- answers ---------------------------------------------------------------------------------- */

static const struct field user_fields[] = {
    PERSON_OUT_NUMBER,
    PERSON_OUT_USERNAME,
    PERSON_OUT_EMAIL,
};

static const struct table user_table = {
    .name = "User",
    .size = sizeof(struct person),
    FIELDS(user_fields),
};

/* What a sign-up, a log-in and a refresh answer, each some of it. */
struct session_out {
    struct view message;
    struct person person;
    struct view access_token;
    struct view refresh_token;
    struct view token_type;
    int64_t expires_in_s;
};

#define SESSION_TEXT(name_)                                                                        \
    {                                                                                              \
        .name = #name_, .kind = FIELD_TEXT, .offset = offsetof(struct session_out, name_)          \
    }
#define SESSION_PERSON(name_)                                                                      \
    {                                                                                              \
        .name = (name_), .kind = FIELD_NESTED, .offset = offsetof(struct session_out, person),     \
        .nested = &user_table                                                                      \
    }

static const struct field signup_out_fields[] = {
    SESSION_TEXT(message),       SESSION_PERSON("data"),   SESSION_TEXT(access_token),
    SESSION_TEXT(refresh_token), SESSION_TEXT(token_type),
};

static const struct table signup_out_table = {
    .name = "SignupResponse",
    .size = sizeof(struct session_out),
    FIELDS(signup_out_fields),
};

static const struct field login_out_fields[] = {
    SESSION_PERSON("data"),
    SESSION_TEXT(access_token),
    SESSION_TEXT(refresh_token),
    SESSION_TEXT(token_type),
};

static const struct table login_out_table = {
    .name = "LoginResponse",
    .size = sizeof(struct session_out),
    FIELDS(login_out_fields),
};

static const struct field refresh_out_fields[] = {
    SESSION_PERSON("user"),
    SESSION_TEXT(access_token),
    {.name = "expires_in",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct session_out, expires_in_s),
     .description = "Seconds that the access token is good for."},
};

static const struct table refresh_out_table = {
    .name = "RefreshResponse",
    .size = sizeof(struct session_out),
    FIELDS(refresh_out_fields),
};

/* --- bodies and paths ------------------------------------------------------------------------- */

static const struct field signup_fields[] = {
    PERSON_USERNAME(FIELD_REQUIRED),
    PERSON_EMAIL(FIELD_REQUIRED),
    PERSON_PASSWORD(FIELD_REQUIRED),
};

static const struct table signup_table = {
    .name = "UserCreate",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(signup_fields),
};

/* An e-mail address in JSON; in a form the username of OAuth 2, which may be one. */
struct login_in {
    struct in_text email;
    struct in_text username;
    struct in_text password;
    struct in_text grant_type;
    struct in_text scope;
    struct in_text client_id;
    struct in_text client_secret;
};

static const char *const login_names[] = {"username", "email", NULL};

static const struct field login_fields[] = {
    {.name = "email",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, email),
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "In any case."},
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, username),
     .flags = FIELD_FORM,
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "The e-mail address or the username, in any case."},
    FASTAPI_LOGIN_FIELDS(struct login_in),
};

static const struct table login_table = {
    .name = "UserLogin",
    .size = sizeof(struct login_in),
    .lax = true,
    .any_of = login_names,
    FIELDS(login_fields),
};

static const struct field role_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct table_role_in, name),
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = ROLE_NAME_MAX_BYTES},
    {.name = "permissions",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct table_role_in, permissions),
     .max = ROLE_PERMISSIONS_MAX,
     .max_bytes = PERMISSION_MAX_BYTES,
     .description = "`resource:action`, `resource:*` or `*`; see `GET /v1/permissions`.",
     .example = "[\"users:read\"]"},
};

static const struct table role_table = {
    .name = "RoleCreate",
    .size = sizeof(struct table_role_in),
    .lax = true,
    FIELDS(role_fields),
};

struct user_path {
    struct in_integer user_id;
};

static const struct field path_fields[] = {
    {.name = "user_id",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct user_path, user_id),
     .description = "As the user's `id`."},
};

static const struct table path_table = {
    .name = "UserPath",
    .size = sizeof(struct user_path),
    FIELDS(path_fields),
};

/* --- the cookie ------------------------------------------------------------------------------- */

/* Lax: a link from elsewhere may bring one back logged in, no form or script of others may. */
static void set_cookie(struct api_call *call, struct view token, int64_t max_age_s)
{
    const struct reply_cookie cookie = {
        .name = COOKIE_NAME,
        .value = token,
        .max_age_s = max_age_s,
        .secure = call->api->options.production,
        .same_site = "Lax",
    };
    reply_cookie(call->reply, call->service.arena, &cookie);
}

static void clear_cookie(struct api_call *call)
{
    set_cookie(call, VIEW(""), 0);
}

/* --- handlers --------------------------------------------------------------------------------- */

/* Passes the result on; leaves the grant as the answer when it is good. No cookie for a form: any
   site can send one in its visitor's browser, and would log them in as somebody else. */
static enum result answer(struct api_call *call, enum result result, const struct auth_grant *grant)
{
    if (!result_is_good(result)) {
        return result;
    }
    struct session_out *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    *out = (struct session_out){
        .message = VIEW("Success"),
        .person = person_of(&grant->user),
        .access_token = grant->access_token,
        .refresh_token = grant->refresh_token,
        .token_type = grant->token_type,
        .expires_in_s = grant->expires_in_s,
    };
    if (!call->form) {
        set_cookie(call, grant->refresh_token, grant->refresh_expires_in_s);
    }
    return result;
}

static enum result sign_up(struct api_call *call)
{
    const struct person_in *in = call->body;
    const struct auth_signup input = {
        .username = in->username.text,
        .email = in->email.text,
        .password = in->password.text,
        .age = USER_AGE_UNKNOWN,
    };
    struct auth_grant grant;
    return answer(call, auth_signup(&call->service, &input, &grant), &grant);
}

static enum result log_in(struct api_call *call)
{
    const struct login_in *in = call->body;
    const struct auth_login input = {
        .login = in->username.given ? in->username.text : in->email.text,
        .password = in->password.text,
    };
    struct auth_grant grant;
    return answer(call, auth_login(&call->service, &input, &grant), &grant);
}

static enum result get_self(struct api_call *call)
{
    struct user user;
    enum result result = users_get_self(&call->service, &user);
    return result == RESULT_OK ? person_answer(call, result, &user) : result;
}

static struct view presented_token(const struct api_call *call)
{
    struct view cookie = request_cookie(call->request, COOKIE_NAME);
    return cookie.at != NULL ? cookie : request_bearer(call->request);
}

/* A cookie that is good for nothing would hide the bearer's token for ever: it goes. */
static enum result refresh(struct api_call *call)
{
    struct auth_grant grant;
    if (presented_token(call).at == NULL) {
        return RESULT_MISSING_TOKEN;
    }
    if (call->refresh == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = auth_refresh_answer(&call->service, call->refresh, &grant);
    if (result == RESULT_INVALID_GRANT && request_cookie(call->request, COOKIE_NAME).at != NULL) {
        clear_cookie(call);
    }
    return answer(call, result, &grant);
}

static enum result log_out(struct api_call *call)
{
    enum result result = fastapi_log_out(call, "User logged out successfully.");
    if (result_is_good(result)) {
        clear_cookie(call);
    }
    return result;
}

static enum result delete_one(struct api_call *call)
{
    enum result result = users_delete(&call->service, call->request->params[0], 0);
    return result_is_good(result) ? fastapi_say(call, "User deleted successfully.") : result;
}

static enum result create_role(struct api_call *call)
{
    const struct roles_input input = table_role_input(call->body);
    struct role role;
    enum result result = roles_create(&call->service, &input, &role);
    if (!result_is_good(result)) {
        return result;
    }
    enum result said = fastapi_say(call, "Role created successfully.");
    return said == RESULT_OK ? result : said;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result signup_results[] = {RESULT_CREATED,        RESULT_SIGNUP_CLOSED,
                                             RESULT_USERNAME_TAKEN, RESULT_EMAIL_TAKEN,
                                             RESULT_CONFLICT,       RESULT_COUNT};
static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result refresh_results[] = {RESULT_OK, RESULT_MISSING_TOKEN, RESULT_INVALID_GRANT,
                                              RESULT_COUNT};
static const enum result delete_results[] = {RESULT_OK,         RESULT_NOT_FOUND,
                                             RESULT_LAST_ADMIN, RESULT_EXCEEDS_RIGHTS,
                                             RESULT_CONFLICT,   RESULT_COUNT};
static const enum result role_results[] = {RESULT_CREATED, RESULT_ROLE_TAKEN, RESULT_EXCEEDS_RIGHTS,
                                           RESULT_CONFLICT, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "signup_signup_post",
     .method = METHOD_POST,
     .path = "/signup",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_SIGNUP,
     .ignore_query = true,
     .body = &signup_table,
     .body_forms = ROW_JSON,
     .reply = &signup_out_table,
     .results = signup_results,
     .tag = AUTH,
     .summary = "Signup",
     .description = "Also sets the refresh token as a cookie that scripts cannot read.",
     .handle = sign_up},
    {.id = "login_login_post",
     .method = METHOD_POST,
     .path = "/login",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_LOGIN,
     .ignore_query = true,
     .body = &login_table,
     .body_forms = ROW_JSON | ROW_FORM | ROW_MULTIPART,
     .reply = &login_out_table,
     .results = fastapi_login_results,
     .tag = AUTH,
     .summary = "Login",
     .description = "With JSON, also sets the refresh token as a cookie that scripts cannot read.",
     .handle = log_in},
    {.id = "get_user_user_get",
     .method = METHOD_GET,
     .path = "/user",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .ignore_query = true,
     .reply = &user_table,
     .results = ok_results,
     .tag = AUTH,
     .summary = "Get User",
     .handle = get_self},
    {.id = "refresh_access_token_refresh_access_token_get",
     .method = METHOD_GET,
     .path = "/refresh-access-token",
     .lane = ROW_GROUP,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_REFRESH,
     .ignore_query = true,
     .reply = &refresh_out_table,
     .results = refresh_results,
     .tag = AUTH,
     .summary = "Refresh Access Token",
     .description = "With the refresh token as the cookie `" COOKIE_NAME
                    "`, or else as bearer. It is replaced: the answer sets the cookie anew, and "
                    "the old one is good for a moment only.",
     .presented = presented_token,
     .handle = refresh},
    {.id = "logout_logout_post",
     .method = METHOD_POST,
     .path = "/logout",
     .lane = ROW_STORE,
     .auth = ROW_BEARER_ENDED,
     .rate = ROW_FREE,
     .ignore_query = true,
     .reply = &fastapi_message_table,
     .results = ok_results,
     .tag = AUTH,
     .summary = "Logout",
     .description = "Ends the session: its tokens are dead at once, and the cookie goes.",
     .handle = log_out},
    {.id = "delete_user_users__user_id__delete",
     .method = METHOD_DELETE,
     .path = "/users/{user_id}",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "users:delete",
     .self_param = "user_id",
     .rate = ROW_FREE,
     .params = &path_table,
     .ignore_query = true,
     .reply = &fastapi_message_table,
     .results = delete_results,
     .tag = AUTH,
     .summary = "Delete User",
     .description = "They can be restored.",
     .handle = delete_one},
    {.id = "create_role_users_roles_post",
     .method = METHOD_POST,
     .path = "/users/roles",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "roles:create",
     .rate = ROW_FREE,
     .ignore_query = true,
     .body = &role_table,
     .body_forms = ROW_JSON,
     .reply = &fastapi_message_table,
     .results = role_results,
     .tag = AUTH,
     .summary = "Create User Roles",
     .handle = create_role},
};

static const struct row_group group = {ROWS(rows)};
static const struct row_group *const groups[] = {&group};

const struct row_set dialect_fastapi_authentication = {
    .name = "fastapi-authentication",
    .title = "FastAPI Authentication API",
    .description = "Sign-up, log-in, log-out, refresh, and custom roles.",
    .style = &fastapi_style,
    .scheme = FASTAPI_SCHEME,
    .token_path = "/login",
    .groups = groups,
    .group_count = ARRAY_LEN(groups),
};
