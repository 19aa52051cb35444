/* Sign-up, log-in, refresh, log-out, own password. */
#include "api/context.h"
#include "api/routes.h"
#include "api/table_grant.h"
#include "api/table_user.h"
#include "model/limits.h"
#include "model/user.h"
#include "service/auth.h"

#define TAG "Authentication"
#define COOKIE_NAME "refresh_token"

/* --- the refresh cookie ----------------------------------------------------------------------- */

struct cookie_in {
    struct in_boolean cookie;
};

static const struct field cookie_fields[] = {
    {.name = "cookie",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct cookie_in, cookie),
     .flags = FIELD_NO_FORM,
     .description = "Also set the refresh token as a cookie that scripts cannot read. Not together "
                    "with a form body.",
     .default_text = "false"},
};

static const struct table cookie_query = {
    .name = "CookieQuery",
    .size = sizeof(struct cookie_in),
    FIELDS(cookie_fields),
};

static const char *cookie_name(const struct api_call *call)
{
    return call->api->options.production ? "__Host-" COOKIE_NAME : COOKIE_NAME;
}

static void set_cookie(struct api_call *call, struct view token, int64_t max_age_s)
{
    const struct reply_cookie cookie = {
        .name = cookie_name(call),
        .value = token,
        .max_age_s = max_age_s,
        .secure = call->api->options.production,
        .same_site = "Strict",
    };
    reply_cookie(call->reply, call->service.arena, &cookie);
}

/* Passes the result on; sets the cookie when it is good and the client asked for it. */
static enum result grant(struct api_call *call, enum result result, const struct auth_grant *out)
{
    const struct cookie_in *query = call->query;
    if (result_is_good(result) && query->cookie.value) {
        set_cookie(call, out->refresh_token, out->refresh_expires_in_s);
    }
    return result;
}

/* --- sign-up ---------------------------------------------------------------------------------- */

static enum result sign_up(struct api_call *call)
{
    const struct table_user_in *in = call->body;
    struct auth_grant *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    const struct auth_signup input = {
        .username = in->username.text,
        .email = in->email.text,
        .password = in->password.text,
        .name = in->name.text,
        .age = in->age.given && !in->age.null ? (int)in->age.number : USER_AGE_UNKNOWN,
        .metadata = in->metadata.text,
    };
    return grant(call, auth_signup(&call->service, &input, out), out);
}

/* --- log-in ----------------------------------------------------------------------------------- */

struct login_in {
    struct in_text username;
    struct in_text email;
    struct in_text password;
    struct in_text grant_type;
    struct in_text scope;
    struct in_text client_id;
    struct in_text client_secret;
};

static const char *const grant_types[] = {"password", NULL};
static const char *const login_names[] = {"username", "email", NULL};

static const struct field login_fields[] = {
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, username),
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "A username or an e-mail address, in any case.",
     .example = "\"alice\""},
    {.name = "email",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, email),
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "Instead of `username`."},
    {.name = "password",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, password),
     .flags = FIELD_REQUIRED | FIELD_SECRET,
     .max_bytes = PASSWORD_MAX_BYTES},
    {.name = "grant_type",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, grant_type),
     .flags = FIELD_FORM,
     .choices = grant_types},
    {.name = "scope",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, scope),
     .flags = FIELD_FORM,
     .description = "Taken from OAuth 2 clients and not looked at."},
    {.name = "client_id",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, client_id),
     .flags = FIELD_FORM,
     .description = "Taken from OAuth 2 clients and not looked at."},
    {.name = "client_secret",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct login_in, client_secret),
     .flags = FIELD_FORM | FIELD_SECRET,
     .description = "Taken from OAuth 2 clients and not looked at."},
};

static const struct table login_table = {
    .name = "LogIn",
    .size = sizeof(struct login_in),
    FIELDS(login_fields),
    .any_of = login_names,
};

static enum result log_in(struct api_call *call)
{
    const struct login_in *in = call->body;
    struct auth_grant *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    const struct auth_login input = {
        .login = in->username.given ? in->username.text : in->email.text,
        .password = in->password.text,
    };
    return grant(call, auth_login(&call->service, &input, out), out);
}

/* --- refresh ---------------------------------------------------------------------------------- */

struct refresh_in {
    struct in_text refresh_token;
};

static const struct field refresh_fields[] = {
    {.name = "refresh_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct refresh_in, refresh_token),
     .flags = FIELD_SECRET,
     .description = "Left out: the cookie's is taken."},
};

static const struct table refresh_table = {
    .name = "Refresh",
    .size = sizeof(struct refresh_in),
    FIELDS(refresh_fields),
};

/* Of the body or else of the cookie; at NULL when neither has one. */
static struct view presented_token(const struct api_call *call)
{
    const struct refresh_in *in = call->body;
    if (in != NULL && in->refresh_token.given) {
        return in->refresh_token.text;
    }
    return request_cookie(call->request, cookie_name(call));
}

static enum result refresh(struct api_call *call)
{
    if (presented_token(call).at == NULL) {
        faults_add(&call->service.faults, "refresh_token", "missing",
                   VIEW("It is needed, in the body or as the cookie."));
        return RESULT_INVALID;
    }
    struct auth_grant *out = row_out(call, sizeof *out);
    if (out == NULL || call->refresh == NULL) {
        return RESULT_INTERNAL;
    }
    return grant(call, auth_refresh_answer(&call->service, call->refresh, out), out);
}

/* --- log-out ---------------------------------------------------------------------------------- */

struct logout_in {
    struct in_text scope;
};

/* In the order of enum auth_scope. */
static const char *const scopes[] = {"local", "others", "global", NULL};

static const struct field logout_fields[] = {
    {.name = "scope",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct logout_in, scope),
     .choices = scopes,
     .description = "Which of one's sessions end: this one, all others, or all.",
     .default_text = "\"local\""},
};

static const struct table logout_query = {
    .name = "LogOutQuery",
    .size = sizeof(struct logout_in),
    FIELDS(logout_fields),
};

static enum auth_scope scope_of(struct view name)
{
    for (int scope = AUTH_SCOPE_LOCAL; scope <= AUTH_SCOPE_GLOBAL; scope++) {
        if (view_is(name, scopes[scope])) {
            return (enum auth_scope)scope;
        }
    }
    return AUTH_SCOPE_LOCAL;
}

static enum result log_out(struct api_call *call)
{
    const struct logout_in *query = call->query;
    enum auth_scope scope = scope_of(query->scope.text);
    enum result result = auth_logout(&call->service, scope);
    bool carried = request_cookie(call->request, cookie_name(call)).at != NULL;
    if (result_is_good(result) && carried && scope != AUTH_SCOPE_OTHERS) {
        set_cookie(call, VIEW(""), 0);
    }
    return result;
}

/* --- own password ----------------------------------------------------------------------------- */

struct password_in {
    struct in_text current_password;
    struct in_text new_password;
};

static const struct field password_fields[] = {
    {.name = "current_password",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct password_in, current_password),
     .flags = FIELD_REQUIRED | FIELD_SECRET,
     .max_bytes = PASSWORD_MAX_BYTES},
    {.name = "new_password",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct password_in, new_password),
     .flags = FIELD_REQUIRED | FIELD_SECRET,
     .max_bytes = PASSWORD_MAX_BYTES},
};

static const struct table password_table = {
    .name = "PasswordChange",
    .size = sizeof(struct password_in),
    FIELDS(password_fields),
};

static enum result change_password(struct api_call *call)
{
    const struct password_in *in = call->body;
    return auth_change_password(&call->service, in->current_password.text, in->new_password.text);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result signup_results[] = {RESULT_CREATED,        RESULT_SIGNUP_CLOSED,
                                             RESULT_USERNAME_TAKEN, RESULT_EMAIL_TAKEN,
                                             RESULT_CONFLICT,       RESULT_COUNT};
static const enum result login_results[] = {RESULT_OK, RESULT_INVALID_CREDENTIALS, RESULT_LOCKED,
                                            RESULT_COUNT};
static const enum result refresh_results[] = {RESULT_OK, RESULT_INVALID_GRANT, RESULT_COUNT};
static const enum result logout_results[] = {RESULT_NO_CONTENT, RESULT_COUNT};
static const enum result password_results[] = {RESULT_NO_CONTENT, RESULT_WRONG_PASSWORD,
                                               RESULT_LOCKED, RESULT_CONFLICT, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "signUp",
     .method = METHOD_POST,
     .path = "/v1/auth/signup",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_SIGNUP,
     .query = &cookie_query,
     .body = &table_user_signup,
     .body_forms = ROW_JSON,
     .reply = &table_grant,
     .results = signup_results,
     .tag = TAG,
     .summary = "Sign up",
     .description = "Makes a user with the role `user` and logs them in.",
     .handle = sign_up},
    {.id = "logIn",
     .method = METHOD_POST,
     .path = "/v1/auth/login",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_LOGIN,
     .query = &cookie_query,
     .body = &login_table,
     .body_forms = ROW_JSON | ROW_FORM,
     .reply = &table_grant,
     .results = login_results,
     .tag = TAG,
     .summary = "Log in",
     .description = "With a username or an e-mail address; also as OAuth 2 password form.",
     .handle = log_in},
    {.id = "refresh",
     .method = METHOD_POST,
     .path = "/v1/auth/refresh",
     .lane = ROW_GROUP,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_REFRESH,
     .query = &cookie_query,
     .body = &refresh_table,
     .body_forms = ROW_JSON,
     .body_optional = true,
     .reply = &table_grant,
     .results = refresh_results,
     .tag = TAG,
     .summary = "Refresh the tokens",
     .description = "Each refresh token works once; within a short grace window it gives the same "
                    "successor again. Reuse after that ends the session.",
     .presented = presented_token,
     .handle = refresh},
    {.id = "logOut",
     .method = METHOD_POST,
     .path = "/v1/auth/logout",
     .lane = ROW_STORE,
     .auth = ROW_BEARER_ENDED,
     .rate = ROW_FREE,
     .query = &logout_query,
     .results = logout_results,
     .tag = TAG,
     .summary = "Log out",
     .description = "Ends sessions and their access tokens at once; can be repeated.",
     .handle = log_out},
    {.id = "changePassword",
     .method = METHOD_POST,
     .path = "/v1/auth/password",
     .lane = ROW_HASH,
     .auth = ROW_BEARER,
     .rate = ROW_RATE_PASSWORD,
     .body = &password_table,
     .body_forms = ROW_JSON,
     .results = password_results,
     .tag = TAG,
     .summary = "Change one's own password",
     .description = "Ends all other sessions.",
     .handle = change_password},
};

const struct row_group routes_auth = {ROWS(rows)};
