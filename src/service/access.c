#include "service/access.h"

#include <stdatomic.h>

#include "jwt/jwt.h"
#include "service/service_state.h"

/* One record is enough for as long; there may be thousands of such tokens. */
#define DISAGREEMENT_PERIOD_US INT64_C(60000000)

static int64_t now_s(const struct service_call *call)
{
    return call->now_ms / MS_PER_SECOND;
}

static bool fill_token(const struct jwt_claims *claims, struct access_token *token)
{
    struct principal *out = &token->principal;

    token->client_id = claims->client_id;
    token->token_id = claims->token_id;
    token->issued_s = claims->issued_s;
    out->expires_s = claims->expires_s;
    out->role_count = claims->role_count < USER_ROLES_MAX ? claims->role_count : USER_ROLES_MAX;
    for (size_t i = 0; i < out->role_count; i++) {
        out->roles[i] = claims->roles[i];
    }
    return id_parse(claims->subject, &out->user_id) &&
           id_parse(claims->session_id, &out->session_id);
}

/* One made to live longer than we let them now may be older than the changes we read at the start:
   its revocation could be forgotten. */
static bool is_too_long(const struct service *service, const struct jwt_claims *claims)
{
    return claims->expires_s - claims->issued_s > service->options.access_token_lifetime_s;
}

/* What a token of our own keys, good but for this, says about the node that made it: other settings
 * than here, or another clock. NULL: nothing. */
static const char *disagreement_of(enum jwt_fault fault, bool too_long)
{
    static const char *const about[] = {
        [JWT_WRONG_ISSUER] = "ISSUER",
        [JWT_WRONG_AUDIENCE] = "AUDIENCE",
        [JWT_NOT_YET] = "clock",
    };

    if (fault == JWT_OK) {
        return too_long ? "ACCESS_TOKEN_LIFETIME" : NULL;
    }
    return (size_t)fault < ARRAY_LEN(about) ? about[fault] : NULL;
}

static void tell_of_disagreement(struct service *service, const char *about)
{
    const struct log_field field = LOG_FIELD_TEXT("about", view_of(about));
    int64_t told_us = atomic_load(&service->disagreed_us);
    int64_t now_us = clock_monotonic_us();

    if ((told_us == 0 || now_us - told_us >= DISAGREEMENT_PERIOD_US) &&
        atomic_compare_exchange_strong(&service->disagreed_us, &told_us, now_us)) {
        log_event(service->options.log, LOG_WARNING, "nodes_disagree", &field, 1);
    }
}

/* The full check of one that is not remembered. */
static bool verify(const struct service_call *call, const struct keyring *ring, struct view token,
                   struct token_facts *out)
{
    struct service *service = call->service;
    struct jwt_expectation expectation = {service->issuer, service->audience, now_s(call)};
    struct jwt_claims claims = {0};
    enum jwt_fault fault = jwt_verify(ring, &expectation, token, call->arena, &claims);
    bool too_long = fault == JWT_OK && is_too_long(service, &claims);
    const char *about = disagreement_of(fault, too_long);
    bool ok = fault == JWT_OK && !too_long && fill_token(&claims, &out->token);

    if (about != NULL) {
        tell_of_disagreement(service, about);
    }
    metrics_add(ok ? service->metrics.tokens_verified : service->metrics.tokens_refused, 1);
    out->ring = ring;
    return ok;
}

/* From memory, or verified now. A ring that is no longer in force vouches for nothing. */
static bool find_facts(const struct service_call *call, struct view token,
                       const struct token_key *key, struct token_facts *out)
{
    const struct keyring *ring = key_rings_current(call->service->rings);

    if (token_cache_get(call->service->tokens, key, call->arena, out) && out->ring == ring) {
        return out->token.principal.expires_s > now_s(call) - JWT_LEEWAY_S;
    }
    *out = (struct token_facts){0};
    return verify(call, ring, token, out);
}

/* Looks at session and user, unless nothing has changed since they were looked at. */
static enum feed_verdict look(struct service *service, struct arena *arena,
                              struct principal *principal)
{
    struct feed_state *state = feed_get_state(service->feed);
    /* Before looking: a change in between makes the next look happen. */
    uint64_t generation = feed_state_generation(state);
    enum feed_verdict verdict;

    if (principal->generation == generation) {
        return FEED_ALIVE;
    }
    verdict = feed_state_look(state, principal, arena);
    principal->generation = verdict == FEED_ALIVE ? generation : 0;
    return verdict;
}

/* OK for those who may go on. */
static enum result judge(enum feed_verdict verdict, bool allow_ended, struct principal *principal)
{
    if (verdict == FEED_NO_MEMORY) {
        return RESULT_INTERNAL;
    }
    if (verdict == FEED_USER_GONE || (verdict == FEED_SESSION_ENDED && !allow_ended)) {
        return RESULT_INVALID_TOKEN;
    }
    principal->session_ended = verdict == FEED_SESSION_ENDED;
    return RESULT_OK;
}

enum result access_examine(const struct service_call *call, struct view token, bool allow_ended,
                           struct access_token *out)
{
    struct service *service = call->service;
    struct principal *principal = &out->principal;
    struct token_facts facts;
    struct token_key key;
    enum feed_verdict verdict;
    uint64_t known;

    if (token.len == 0 || token.len > JWT_MAX_BYTES) {
        return RESULT_INVALID_TOKEN;
    }
    key = token_key_of(token);
    if (!find_facts(call, token, &key, &facts)) {
        return RESULT_INVALID_TOKEN;
    }
    if (!service_is_fresh(service)) {
        return RESULT_STALE;
    }
    known = facts.token.principal.generation;
    verdict = look(service, call->arena, &facts.token.principal);
    if (verdict == FEED_ALIVE && facts.token.principal.generation != known) {
        token_cache_put(service->tokens, &key, &facts);
    }
    *out = facts.token;
    return judge(verdict, allow_ended, principal);
}

enum result access_authenticate(const struct service_call *call, struct view token,
                                bool allow_ended, struct principal *out)
{
    struct access_token all;
    enum result result = access_examine(call, token, allow_ended, &all);

    if (result == RESULT_OK) {
        *out = all.principal;
    }
    return result;
}

enum result access_renew(struct service *service, bool allow_ended, struct arena *arena,
                         struct principal *principal)
{
    if (!service_is_fresh(service)) {
        return RESULT_STALE;
    }
    return judge(look(service, arena, principal), allow_ended, principal);
}

enum result access_sync(struct service_call *call)
{
    struct principal *now;

    if (call->actor == NULL) {
        return RESULT_FORBIDDEN;
    }
    feed_sync(call);
    if (call->actor->system) {
        return RESULT_OK;
    }
    now = arena_take(call->arena, sizeof(*now));
    if (now == NULL) {
        return RESULT_INTERNAL;
    }
    *now = *call->actor;
    call->actor = now;
    return access_renew(call->service, false, call->arena, now);
}

bool access_permits(struct service *service, const struct principal *principal,
                    const char *permission)
{
    return principal->system ||
           feed_state_permits(feed_get_state(service->feed), principal, view_of(permission));
}

const char *access_find_permission(const struct service *service, struct view name)
{
    const struct service_options *options = &service->options;

    for (size_t i = 0; name.len > 0 && i < options->permission_count; i++) {
        if (view_equal(options->permissions[i].name, name)) {
            return options->permissions[i].name.at;
        }
    }
    return NULL;
}

bool access_covers_roles(struct service *service, const struct principal *principal,
                         const struct view *roles, size_t count)
{
    return principal->system ||
           feed_state_covers(feed_get_state(service->feed), principal, roles, count);
}

enum result access_is_self(struct service_call *call, struct view user_key, bool *self)
{
    struct user_key key = user_key_of(user_key);
    struct user user;
    enum result result;

    *self = false;
    if (call->actor == NULL || call->actor->system) {
        return RESULT_OK;
    }
    if (key.kind == USER_BY_ID) {
        *self = id_equal(&key.id, &call->actor->user_id);
        return RESULT_OK;
    }
    result = store_user_get(call->store, &key, call->arena, &user);
    if (result == RESULT_OK) {
        *self = id_equal(&user.id, &call->actor->user_id);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
