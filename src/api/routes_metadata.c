/* What clients and resource servers find out by themselves (RFC 8414, OpenID Connect Discovery). */
#include "api/context.h"
#include "api/routes.h"
#include "service/clients.h"

#define TAG "OAuth 2"

struct metadata {
    struct view issuer;
    struct view token_endpoint;
    struct view revocation_endpoint;
    struct view introspection_endpoint;
    struct view jwks_uri;
    struct out_list grant_types;
    struct out_list response_types;
    struct out_list token_methods;         /* of clients, at token and revocation endpoint */
    struct out_list introspection_methods; /* likewise, and kinds of tokens */
    struct out_list subject_types;
    struct out_list id_token_algorithms;
};

#define TEXT(name_, member_)                                                                       \
    {                                                                                              \
        .name = (name_), .kind = FIELD_TEXT, .offset = offsetof(struct metadata, member_),         \
        .format = "uri"                                                                            \
    }
#define LIST(name_, member_)                                                                       \
    {                                                                                              \
        .name = (name_), .kind = FIELD_TEXT_LIST, .offset = offsetof(struct metadata, member_)     \
    }

#define COMMON_FIELDS                                                                              \
    TEXT("issuer", issuer), TEXT("token_endpoint", token_endpoint),                                \
        TEXT("revocation_endpoint", revocation_endpoint),                                          \
        TEXT("introspection_endpoint", introspection_endpoint), TEXT("jwks_uri", jwks_uri),        \
        LIST("grant_types_supported", grant_types),                                                \
        LIST("response_types_supported", response_types),                                          \
        LIST("token_endpoint_auth_methods_supported", token_methods),                              \
        LIST("revocation_endpoint_auth_methods_supported", token_methods),                         \
        LIST("introspection_endpoint_auth_methods_supported", introspection_methods)

static const struct field oauth_fields[] = {COMMON_FIELDS};

static const struct table oauth_table = {
    .name = "AuthorizationServer",
    .description = "RFC 8414 section 2.",
    .size = sizeof(struct metadata),
    FIELDS(oauth_fields),
};

static const struct field openid_fields[] = {
    COMMON_FIELDS,
    LIST("subject_types_supported", subject_types),
    LIST("id_token_signing_alg_values_supported", id_token_algorithms),
};

static const struct table openid_table = {
    .name = "OpenIdConfiguration",
    .description = "For verifiers that look for issuer and keys here. There are no ID tokens.",
    .size = sizeof(struct metadata),
    FIELDS(openid_fields),
};

static const struct view grant_types[] = {VIEW_INIT("password"), VIEW_INIT("refresh_token")};
static const struct view token_methods[] = {VIEW_INIT("none"), VIEW_INIT("client_secret_basic"),
                                            VIEW_INIT("client_secret_post")};
static const struct view introspection_methods[] = {VIEW_INIT("Bearer"),
                                                    VIEW_INIT("client_secret_basic")};
static const struct view subject_types[] = {VIEW_INIT("public")};

static struct view endpoint(const struct api_call *call, const char *path)
{
    struct view issuer = service_issuer(call->service.service);
    while (view_ends_with(issuer, VIEW("/"))) {
        issuer.len--;
    }
    return arena_format(call->service.arena, "%.*s%s", VIEW_ARG(issuer), path);
}

/* By the issuer alone: a Host header is the client's word. */
static enum result tell(struct api_call *call)
{
    bool client = clients_exist(call->service.service);
    struct metadata *out = row_out(call, sizeof *out);
    if (out == NULL) {
        return RESULT_INTERNAL;
    }
    *out = (struct metadata){
        .issuer = service_issuer(call->service.service),
        .token_endpoint = endpoint(call, "/oauth/token"),
        .revocation_endpoint = endpoint(call, "/oauth/revoke"),
        .introspection_endpoint = endpoint(call, "/oauth/introspect"),
        .jwks_uri = endpoint(call, "/.well-known/jwks.json"),
        .grant_types = {grant_types, ARRAY_LEN(grant_types)},
        .token_methods = {token_methods, client ? ARRAY_LEN(token_methods) : 1},
        .introspection_methods = {introspection_methods,
                                  client ? ARRAY_LEN(introspection_methods) : 1},
        .subject_types = {subject_types, ARRAY_LEN(subject_types)},
    };
    /* As the key set, which is asked for as often. */
    reply_header(call->reply, "Cache-Control", VIEW("public, max-age=300"));
    return RESULT_OK;
}

static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "getAuthorizationServer",
     .method = METHOD_GET,
     .path = "/.well-known/oauth-authorization-server",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply = &oauth_table,
     .results = ok_results,
     .tag = TAG,
     .summary = "What OAuth clients can do here",
     .handle = tell},
    {.id = "getOpenIdConfiguration",
     .method = METHOD_GET,
     .path = "/.well-known/openid-configuration",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply = &openid_table,
     .results = ok_results,
     .tag = TAG,
     .summary = "The same for verifiers made for OpenID Connect",
     .handle = tell},
};

const struct row_group routes_metadata = {ROWS(rows)};
