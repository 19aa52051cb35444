/* OAuth 2 endpoints (RFC 6749, 7009, 7662) and forward-auth: what others ask about tokens. */
#include "service/oauth.h"

#include "api/context.h"
#include "api/routes.h"
#include "api/table_grant.h"
#include "base/builder.h"
#include "model/limits.h"
#include "model/user.h"
#include "service/auth.h"
#include "service/users.h"

#define TAG "OAuth 2"
#define CLIENT_TEXT_MAX_BYTES 256
#define ASKED_MAX_BYTES 1024
#define ROLES_MAX_BYTES ((size_t)USER_ROLES_MAX * (ROLE_NAME_MAX_BYTES + 1))

/* Members of a form by which a client may show who it is: see api/gate_client.h. */
struct client_in {
    struct in_text client_id;
    struct in_text client_secret;
};

#define CLIENT_FIELDS(type)                                                                        \
    {.name = "client_id",                                                                          \
     .kind = FIELD_TEXT,                                                                           \
     .offset = offsetof(type, client.client_id),                                                   \
     .max_bytes = CLIENT_TEXT_MAX_BYTES,                                                           \
     .description = "Taken without a secret and not looked at."},                                  \
    {                                                                                              \
        .name = "client_secret", .kind = FIELD_TEXT,                                               \
        .offset = offsetof(type, client.client_secret), .flags = FIELD_SECRET,                     \
        .max_bytes = CLIENT_TEXT_MAX_BYTES,                                                        \
        .description = "No client is needed; a secret that "                                       \
                       "comes must be right."                                                      \
    }

/* --- token ------------------------------------------------------------------------------------ */

struct token_in {
    struct in_text grant_type;
    struct in_text username;
    struct in_text password;
    struct in_text refresh_token;
    struct in_text scope;
    struct client_in client;
};

static const struct field token_fields[] = {
    {.name = "grant_type",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct token_in, grant_type),
     .flags = FIELD_REQUIRED,
     .description = "`password` or `refresh_token`.",
     .example = "\"password\""},
    {.name = "username",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct token_in, username),
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "With `password`: a username or an e-mail address, in any case.",
     .example = "\"alice\""},
    {.name = "password",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct token_in, password),
     .flags = FIELD_SECRET,
     .max_bytes = PASSWORD_MAX_BYTES},
    {.name = "refresh_token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct token_in, refresh_token),
     .flags = FIELD_SECRET,
     .description = "With `refresh_token`."},
    {.name = "scope",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct token_in, scope),
     .description = "Left out or empty: there are no scopes, roles say what a token may do."},
    CLIENT_FIELDS(struct token_in),
};

static const struct table token_table = {
    .name = "TokenRequest",
    .size = sizeof(struct token_in),
    FIELDS(token_fields),
};

static enum result miss(struct api_call *call, const char *member)
{
    faults_add(&call->service.faults, member, "missing", VIEW("It is needed."));
    return RESULT_INVALID;
}

/* Cache-Control: no-store is on every answer that does not say otherwise. */
static enum result issue(struct api_call *call, enum result result)
{
    if (result_is_good(result)) {
        reply_header(call->reply, "Pragma", VIEW("no-cache"));
    }
    return result;
}

static enum result grant_by_password(struct api_call *call)
{
    const struct token_in *in = call->body;
    struct auth_grant *out = row_out(call, sizeof *out);
    const struct auth_login input = {.login = in->username.text, .password = in->password.text};
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    if (!in->username.given || !in->password.given) {
        return miss(call, in->username.given ? "password" : "username");
    }
    if (in->scope.given) {
        return RESULT_INVALID_SCOPE;
    }
    return issue(call, auth_login(&call->service, &input, out));
}

static struct view presented_token(const struct api_call *call)
{
    const struct token_in *in = call->body;
    bool taken = in->refresh_token.given && !in->scope.given;
    return taken ? in->refresh_token.text : (struct view){NULL, 0};
}

static enum result grant_by_refresh(struct api_call *call)
{
    const struct token_in *in = call->body;
    struct auth_grant *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    if (!in->refresh_token.given) {
        return miss(call, "refresh_token");
    }
    if (in->scope.given) {
        return RESULT_INVALID_SCOPE;
    }
    if (call->refresh == NULL) {
        return RESULT_INTERNAL;
    }
    return issue(call, auth_refresh_answer(&call->service, call->refresh, out));
}

/* Another grant type: a line here, and its name in the metadata. */
static const struct row_case grants[] = {
    {.value = "password", .lane = ROW_HASH, .rate = ROW_RATE_LOGIN, .handle = grant_by_password},
    {.value = "refresh_token",
     .lane = ROW_GROUP,
     .rate = ROW_RATE_REFRESH,
     .handle = grant_by_refresh,
     .presented = presented_token},
};

/* --- revoke and introspect -------------------------------------------------------------------- */

struct revoke_in {
    struct in_text token;
    struct in_text token_type_hint;
    struct client_in client;
};

#define HINT_DESCRIPTION "Taken and not needed: a token shows what it is."

static const struct field revoke_fields[] = {
    {.name = "token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct revoke_in, token),
     .flags = FIELD_REQUIRED | FIELD_SECRET,
     .description = "A refresh token, or an access token."},
    {.name = "token_type_hint",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct revoke_in, token_type_hint),
     .description = HINT_DESCRIPTION},
    CLIENT_FIELDS(struct revoke_in),
};

static const struct table revoke_table = {
    .name = "RevocationRequest",
    .size = sizeof(struct revoke_in),
    FIELDS(revoke_fields),
};

static enum result revoke(struct api_call *call)
{
    const struct revoke_in *in = call->body;
    return oauth_revoke(&call->service, in->token.text);
}

struct introspect_in {
    struct in_text token;
    struct in_text token_type_hint;
};

static const struct field introspect_fields[] = {
    {.name = "token",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct introspect_in, token),
     .flags = FIELD_REQUIRED | FIELD_SECRET,
     .description = "An access token."},
    {.name = "token_type_hint",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct introspect_in, token_type_hint),
     .description = HINT_DESCRIPTION},
};

static const struct table introspect_table = {
    .name = "IntrospectionRequest",
    .size = sizeof(struct introspect_in),
    FIELDS(introspect_fields),
};

#define TOLD_TEXT(name_, member_, description_)                                                    \
    {                                                                                              \
        .name = (name_), .kind = FIELD_TEXT, .offset = offsetof(struct oauth_token, member_),      \
        .flags = FIELD_OMITTED, .description = (description_)                                      \
    }

static const struct field told_fields[] = {
    {.name = "active", .kind = FIELD_BOOLEAN, .offset = offsetof(struct oauth_token, active)},
    TOLD_TEXT("sub", subject, "The user's id."),
    TOLD_TEXT("client_id", client_id, NULL),
    TOLD_TEXT("token_type", token_type, NULL),
    {.name = "exp",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct oauth_token, expires_s),
     .flags = FIELD_OMITTED,
     .description = "Seconds since 1970."},
    {.name = "iat",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct oauth_token, issued_s),
     .flags = FIELD_OMITTED,
     .description = "Seconds since 1970."},
    TOLD_TEXT("iss", issuer, NULL),
    TOLD_TEXT("aud", audience, NULL),
    TOLD_TEXT("jti", token_id, NULL),
    TOLD_TEXT("sid", session_id, "The session's id."),
    {.name = "roles",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct oauth_token, roles),
     .flags = FIELD_OMITTED,
     .description = "As they are now, whatever the token says."},
};

static const struct table told_table = {
    .name = "Introspection",
    .description = "RFC 7662 section 2.2. Nothing but `active` when it is false.",
    .size = sizeof(struct oauth_token),
    FIELDS(told_fields),
};

static enum result introspect(struct api_call *call)
{
    const struct introspect_in *in = call->body;
    struct oauth_token *out = row_out(call, sizeof *out);
    return out != NULL ? oauth_introspect(&call->service, in->token.text, out) : RESULT_INTERNAL;
}

/* --- forward-auth ----------------------------------------------------------------------------- */

struct verify_in {
    struct in_text permission;
    struct in_text role;
};

static const struct field verify_fields[] = {
    {.name = "permission",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct verify_in, permission),
     .max_bytes = ASKED_MAX_BYTES,
     .description = "403 unless one of the user's roles grants it: `products:read`."},
    {.name = "role",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct verify_in, role),
     .max_bytes = ASKED_MAX_BYTES,
     .description =
         "403 unless the user holds it; of several, separated by commas, one is enough."},
};

static const struct table verify_query = {
    .name = "VerifyQuery",
    .size = sizeof(struct verify_in),
    FIELDS(verify_fields),
};

#define HEADER_USER_ID "X-Auth-User-Id"
#define HEADER_USERNAME "X-Auth-Username"
#define HEADER_ROLES "X-Auth-Roles"

static const struct row_header verify_headers[] = {
    {HEADER_USER_ID, "The user's id."},
    {HEADER_USERNAME, "The username."},
    {HEADER_ROLES, "The roles, separated by commas; absent when there are none."},
    {NULL, NULL},
};

/* Their names need no escape (model/role.h). At NULL: none. */
static struct view join_roles(const struct api_call *call)
{
    const struct principal *actor = call->service.actor;
    struct builder b;
    struct view text;
    builder_init(&b, call->service.arena, ROLES_MAX_BYTES);
    for (size_t i = 0; i < actor->role_count; i++) {
        builder_text(&b, i > 0 ? "," : "");
        builder_add(&b, actor->roles[i]);
    }
    return actor->role_count > 0 && builder_end(&b, &text) ? text : (struct view){NULL, 0};
}

static struct view own_id(const struct api_call *call)
{
    char id[ID_TEXT_SIZE];
    id_format(&call->service.actor->user_id, id);
    return arena_copy_view(call->service.arena, view_of(id));
}

/* Who it is, is said by the token alone: nothing that a proxy forwards about its client counts. */
static enum result verify(struct api_call *call)
{
    struct user user;
    enum result result = users_get_self(&call->service, &user);
    if (result != RESULT_OK) {
        return result;
    }
    reply_header(call->reply, HEADER_USER_ID, own_id(call));
    reply_header(call->reply, HEADER_USERNAME, user.username);
    reply_header(call->reply, HEADER_ROLES, join_roles(call));
    return RESULT_OK;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result token_results[] = {RESULT_OK,
                                            RESULT_INVALID_CREDENTIALS,
                                            RESULT_INVALID_GRANT,
                                            RESULT_INVALID_SCOPE,
                                            RESULT_LOCKED,
                                            RESULT_COUNT};
static const enum result revoke_results[] = {RESULT_OK, RESULT_STALE, RESULT_COUNT};
static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "issueToken",
     .method = METHOD_POST,
     .path = "/oauth/token",
     .lane = ROW_HASH,
     .auth = ROW_CLIENT_OPTIONAL,
     .rate = ROW_RATE_LOGIN,
     .cases = {.member = "grant_type",
               .items = grants,
               .count = ARRAY_LEN(grants),
               .otherwise = RESULT_UNSUPPORTED_GRANT_TYPE},
     .body = &token_table,
     .body_forms = ROW_FORM,
     .reply = &table_grant_tokens,
     .style = &style_oauth,
     .results = token_results,
     .tag = TAG,
     .summary = "Get tokens",
     .description = "The grants `password` and `refresh_token` of RFC 6749, under the rules of "
                    "log-in and refresh. No client is needed."},
    {.id = "revokeToken",
     .method = METHOD_POST,
     .path = "/oauth/revoke",
     .lane = ROW_STORE,
     .auth = ROW_CLIENT_OPTIONAL,
     .rate = ROW_RATE_REFRESH,
     .body = &revoke_table,
     .body_forms = ROW_FORM,
     .style = &style_oauth,
     .results = revoke_results,
     .tag = TAG,
     .summary = "End the session of a token",
     .description = "RFC 7009: 200 for any token, known or not. Whoever holds one may end its "
                    "session; all tokens of it die at once.",
     .handle = revoke},
    {.id = "introspectToken",
     .method = METHOD_POST,
     .path = "/oauth/introspect",
     .lane = ROW_INLINE,
     .auth = ROW_CLIENT_OR_BEARER,
     .permission = "tokens:introspect",
     .rate = ROW_FREE,
     .body = &introspect_table,
     .body_forms = ROW_FORM,
     .reply = &told_table,
     .style = &style_oauth,
     .results = ok_results,
     .tag = TAG,
     .summary = "Is an access token good, and whose is it?",
     .description = "RFC 7662, for resource servers: by the client of `INTROSPECTION_CLIENT`, or "
                    "with an access token. Refresh tokens are never active here.",
     .handle = introspect},
    {.id = "verify",
     .method = METHOD_GET,
     .path = "/v1/auth/verify",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .asked = {.permission = "permission", .role = "role"},
     .rate = ROW_FREE,
     .query = &verify_query,
     .reply_headers = verify_headers,
     .results = ok_results,
     .tag = TAG,
     .summary = "Forward-auth for reverse proxies",
     .description = "For `auth_request` of nginx, `forwardAuth` of Traefik, `forward_auth` of "
                    "Caddy: 200 with headers that say who it is.",
     .handle = verify},
};

const struct row_group routes_oauth = {ROWS(rows)};
