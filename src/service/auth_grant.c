#include "service/auth_grant.h"

#include "base/utf8.h"
#include "jwt/jwt.h"
#include "service/refresh_token.h"
#include "service/service_state.h"

#define CLIENT_ID VIEW("latchkey")
#define TOKEN_TYPE VIEW("bearer")
#define UTF8_CONTINUATION_MASK 0xC0
#define UTF8_CONTINUATION 0x80

struct view auth_grant_user_agent(struct view text)
{
    size_t len = text.len;

    if (text.at == NULL || !utf8_is_valid(text)) {
        return (struct view){NULL, 0};
    }
    if (len <= USER_AGENT_MAX_BYTES) {
        return text;
    }
    len = USER_AGENT_MAX_BYTES;
    while (len > 0 && ((unsigned char)text.at[len] & UTF8_CONTINUATION_MASK) == UTF8_CONTINUATION) {
        len--;
    }
    return view_sub(text, 0, len);
}

static struct session make_session(const struct service_call *call, const struct user *user)
{
    const struct service_options *options = &call->service->options;

    return (struct session){
        .id = id_new(call->now_ms),
        .user_id = user->id,
        .client_id = CLIENT_ID,
        .user_agent = auth_grant_user_agent(call->user_agent),
        .address = view_sub(call->address, 0, ADDRESS_MAX_BYTES),
        .created_ms = call->now_ms,
        .last_used_ms = call->now_ms,
        .expires_ms = call->now_ms + options->session_lifetime_s * MS_PER_SECOND,
        .counter = 1,
        .epoch = user->epoch,
    };
}

enum result auth_grant_begin(struct service_call *call, const struct auth_grant_start *start,
                             struct session *session)
{
    struct view forget[LOCKOUT_COUNTERS];
    struct session_draft draft = {
        .session = make_session(call, start->user),
        .expected_epoch = start->user->epoch,
        .idle_ms = call->service->options.session_idle_s * MS_PER_SECOND,
        .new_hash = start->new_hash,
        .old_hash = start->old_hash,
        .forget = forget,
        .forget_count = start->lockout != NULL ? lockout_keys(start->lockout, forget) : 0,
        .event = start->event,
    };
    enum result result = store_session_create(call->store, &draft);

    if (result != RESULT_OK) {
        return result;
    }
    metrics_add(call->service->metrics.sessions_created, 1);
    *session = draft.session;
    return RESULT_OK;
}

static struct view write_id(struct arena *arena, const struct id *id)
{
    char text[ID_TEXT_SIZE];

    id_format(id, text);
    return arena_copy_view(arena, view_of(text));
}

/* RFC 9068 section 2.2. No token outlives its session (CHECKLIST R07). */
static struct view sign(struct service_call *call, const struct user *user,
                        const struct session *session, int64_t lifetime_s)
{
    struct service *service = call->service;
    struct id token_id = id_new(call->now_ms);
    int64_t issued_s = call->now_ms / MS_PER_SECOND;
    struct jwt_claims claims = {
        .issuer = service->issuer,
        .subject = write_id(call->arena, &user->id),
        .audience = service->audience,
        .client_id = session->client_id,
        .token_id = write_id(call->arena, &token_id),
        .session_id = write_id(call->arena, &session->id),
        .roles = user->roles,
        .role_count = user->role_count,
        .issued_s = issued_s,
        .expires_s = issued_s + lifetime_s,
        .user_number = call->user_id_claim ? user->number : 0,
    };

    return jwt_encode(key_rings_current(service->rings), &claims, call->arena);
}

static int64_t remaining_s(const struct service_call *call, const struct session *session)
{
    int64_t left_ms = session->expires_ms - call->now_ms;

    return left_ms > 0 ? (left_ms + MS_PER_SECOND - 1) / MS_PER_SECOND : 0;
}

enum result auth_grant_issue(struct service_call *call, const struct user *user,
                             const struct session *session, struct auth_grant *out)
{
    int64_t lifetime_s = call->service->options.access_token_lifetime_s;
    int64_t left_s = remaining_s(call, session);
    char refresh[REFRESH_TOKEN_LENGTH + 1];

    /* Another node has enabled, restored or promoted them a moment ago: their tokens shall be good
       here at once. */
    if (!feed_state_agrees(feed_get_state(call->service->feed), user)) {
        feed_sync(call);
    }
    if (left_s < lifetime_s) {
        lifetime_s = left_s;
    }
    refresh_token_write(&call->service->master, &session->id, session->counter, refresh);
    *out = (struct auth_grant){
        .access_token = sign(call, user, session, lifetime_s),
        .token_type = TOKEN_TYPE,
        .expires_in_s = lifetime_s,
        .refresh_token = arena_copy_view(call->arena, view_make(refresh, REFRESH_TOKEN_LENGTH)),
        .refresh_expires_in_s = left_s,
        .session_id = session->id,
        .user = *user,
    };
    secret_wipe_bytes(refresh, sizeof(refresh));
    return out->access_token.at != NULL && out->refresh_token.at != NULL ? RESULT_OK
                                                                         : RESULT_INTERNAL;
}
