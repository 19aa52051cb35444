#include "service/oauth.h"

#include "service/access.h"
#include "service/audit.h"
#include "service/auth_session.h"
#include "service/refresh_token.h"
#include "service/service_state.h"

#define NOTHING_SAID (-1)

static struct view id_text(struct arena *arena, const struct id *id)
{
    char text[ID_TEXT_SIZE];

    id_format(id, text);
    return arena_copy_view(arena, view_make(text, ID_TEXT_SIZE - 1));
}

static enum result describe(struct service_call *call, const struct access_token *token,
                            struct oauth_token *out)
{
    const struct principal *principal = &token->principal;
    struct view *roles = arena_take_array(call->arena, principal->role_count + 1, sizeof(*roles));

    *out = (struct oauth_token){
        .active = true,
        .token_type = VIEW("bearer"),
        .issuer = call->service->issuer,
        .subject = id_text(call->arena, &principal->user_id),
        .client_id = token->client_id,
        .token_id = token->token_id,
        .session_id = id_text(call->arena, &principal->session_id),
        .issued_s = token->issued_s,
        .expires_s = principal->expires_s,
        .roles = roles,
        .role_count = principal->role_count,
    };
    if (!view_is_empty(call->service->audience)) {
        out->audience = call->service->audience;
    }
    for (size_t i = 0; roles != NULL && i < principal->role_count; i++) {
        roles[i] = principal->roles[i];
    }
    return roles != NULL && out->subject.at != NULL && out->session_id.at != NULL ? RESULT_OK
                                                                                  : RESULT_INTERNAL;
}

enum result oauth_introspect(struct service_call *call, struct view token, struct oauth_token *out)
{
    struct access_token found;
    enum result result = access_examine(call, token, false, &found);

    *out = (struct oauth_token){.issued_s = NOTHING_SAID, .expires_s = NOTHING_SAID};
    if (result == RESULT_INVALID_TOKEN) {
        return RESULT_OK;
    }
    /* The leeway is for the clocks of others: here is the clock it was issued by. */
    if (result != RESULT_OK || found.principal.expires_s <= call->now_ms / MS_PER_SECOND) {
        return result;
    }
    return describe(call, &found, out);
}

/* Whose session a token is of. OK; NOT_FOUND when it is of none that is alive. */
static enum result find_session(struct service_call *call, struct view token, struct id *session_id,
                                struct id *user_id)
{
    int64_t idle_ms = call->service->options.session_idle_s * MS_PER_SECOND;
    struct access_token access;
    struct session session;
    int64_t counter;
    enum result result;

    if (refresh_token_read(&call->service->master, token, session_id, &counter)) {
        result = store_session_get(call->store, session_id, call->now_ms, idle_ms, call->arena,
                                   &session);
        if (result == RESULT_OK) {
            *user_id = session.user_id;
        }
        return result;
    }
    result = access_examine(call, token, false, &access);
    if (result == RESULT_OK) {
        *session_id = access.principal.session_id;
        *user_id = access.principal.user_id;
    }
    return result == RESULT_INVALID_TOKEN ? RESULT_NOT_FOUND : result;
}

enum result oauth_revoke(struct service_call *call, struct view token)
{
    struct id session_id;
    struct id user_id;
    enum result result = find_session(call, token, &session_id, &user_id);

    if (result == RESULT_OK) {
        result = auth_session_end(call, &user_id, &session_id);
    }
    if (result == RESULT_OK) {
        feed_sync(call);
        throttle_return(call->service->throttle, THROTTLE_REFRESH, call->address, call->now_ms);
        audit_text(call, LOG_INFO, "token_revoked", &user_id, "session_id",
                   id_text(call->arena, &session_id));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
