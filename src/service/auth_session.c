#include "service/auth_session.h"

#include "service/audit.h"
#include "service/auth_grant.h"
#include "service/refresh_token.h"
#include "service/service_state.h"

/* --- refresh ---------------------------------------------------------------------------------- */

/* A try of before that had no answer may have been done: then this one is in its place. */
static void judge_as_of_first_try(struct service_call *call, struct session_rotation *rotation)
{
    int64_t first_ms =
        unsure_since(call->service->unsure, &rotation->session_id, rotation->counter);

    if (first_ms != 0 && first_ms <= rotation->now_ms) {
        rotation->grace_ms += rotation->now_ms - first_ms + 1;
    }
}

/* What this node could not have answered in time is no fault of the client, at whichever node it
 * was before. */
static void leave_outages_out(struct service_call *call, struct session_rotation *rotation)
{
    if (rotation->grace_ms > 0) {
        rotation->grace_ms +=
            feed_stretch_ms(call->service->feed, rotation->grace_ms, clock_monotonic_us());
    }
}

void auth_refresh_read(struct service_call *call, struct view refresh_token,
                       struct auth_refresh *out)
{
    const struct service_options *options = &call->service->options;
    struct session_rotation *asked = &out->rotating.asked;

    out->rotating.arena = call->arena;
    *asked = (struct session_rotation){
        .now_ms = call->now_ms,
        .grace_ms = options->refresh_grace_s * MS_PER_SECOND,
        .idle_ms = options->session_idle_s * MS_PER_SECOND,
        .address = view_sub(call->address, 0, ADDRESS_MAX_BYTES),
        .user_agent = auth_grant_user_agent(call->user_agent),
    };
    out->is_junk = !refresh_token_read(&call->service->master, refresh_token, &asked->session_id,
                                       &asked->counter);
    if (!out->is_junk) {
        leave_outages_out(call, asked);
        judge_as_of_first_try(call, asked);
    }
}

void auth_refresh_rotate(struct store_handle *store, struct auth_refresh *const *refreshes,
                         size_t count)
{
    struct session_rotating *items[AUTH_REFRESH_MAX];
    size_t asked = 0;

    for (size_t i = 0; i < count; i++) {
        if (!refreshes[i]->is_junk) {
            items[asked++] = &refreshes[i]->rotating;
        }
    }
    if (asked > 0) {
        store_sessions_rotate(store, items, asked);
    }
}

static struct metrics_counter *counter_of(const struct service_metrics *metrics,
                                          enum session_rotation_outcome outcome)
{
    switch (outcome) {
    case SESSION_ROTATED:
        return metrics->refresh_rotated;
    case SESSION_GRACE:
        return metrics->refresh_grace;
    case SESSION_REUSED:
        return metrics->refresh_reused;
    case SESSION_DEAD:
        break;
    }
    return metrics->refresh_dead;
}

static enum result tell(struct service_call *call, const struct session_rotating *rotating,
                        struct auth_grant *out)
{
    switch (rotating->outcome) {
    case SESSION_ROTATED:
    case SESSION_GRACE:
        return auth_grant_issue(call, &rotating->user, &rotating->session, out);
    case SESSION_REUSED:
        /* Someone else has the token: the session has ended, here at once (RFC 9700
         * section 4.14.2). */
        feed_sync(call);
        metrics_add(call->service->metrics.sessions_ended, 1);
        audit_event(call, LOG_WARNING, "token_reuse", &rotating->session.user_id);
        return RESULT_INVALID_GRANT;
    case SESSION_DEAD:
        break;
    }
    return RESULT_INVALID_GRANT;
}

/* What could not be decided together with others. */
static enum result rotate_alone(struct service_call *call, struct session_rotating *rotating)
{
    return store_session_rotate(call->store, &rotating->asked, call->arena, &rotating->outcome,
                                &rotating->session, &rotating->user);
}

/* One that is done now shows that no try of before was. */
static void note_whether_done(struct service_call *call, const struct session_rotating *rotating)
{
    const struct session_rotation *asked = &rotating->asked;

    if (rotating->result == RESULT_STORE_UNAVAILABLE) {
        unsure_note(call->service->unsure, &asked->session_id, asked->counter, call->now_ms);
    } else if (rotating->result == RESULT_OK && rotating->outcome == SESSION_ROTATED) {
        unsure_forget(call->service->unsure, &asked->session_id, asked->counter);
    }
}

enum result auth_refresh_answer(struct service_call *call, struct auth_refresh *refresh,
                                struct auth_grant *out)
{
    struct session_rotating *rotating = &refresh->rotating;
    enum result result;

    if (refresh->is_junk) {
        metrics_add(call->service->metrics.refresh_junk, 1);
        return RESULT_INVALID_GRANT;
    }
    if (rotating->result == RESULT_BUSY) {
        rotating->result = rotate_alone(call, rotating);
    }
    note_whether_done(call, rotating);
    if (rotating->result != RESULT_OK) {
        return rotating->result;
    }
    result = tell(call, rotating, out);
    if (result == RESULT_OK || result == RESULT_INVALID_GRANT) {
        metrics_add(counter_of(&call->service->metrics, rotating->outcome), 1);
    }
    if (result == RESULT_OK) {
        throttle_return(call->service->throttle, THROTTLE_REFRESH, call->address, call->now_ms);
    }
    return result;
}

enum result auth_refresh(struct service_call *call, struct view refresh_token,
                         struct auth_grant *out)
{
    struct auth_refresh refresh;
    struct auth_refresh *const all[] = {&refresh};

    auth_refresh_read(call, refresh_token, &refresh);
    auth_refresh_rotate(call->store, all, 1);
    return auth_refresh_answer(call, &refresh, out);
}

/* --- whoever asks ----------------------------------------------------------------------------- */

enum result auth_session_end(struct service_call *call, const struct id *user_id,
                             const struct id *session_id)
{
    enum result result = store_session_end(call->store, user_id, session_id, call->now_ms);

    if (result == RESULT_OK) {
        metrics_add(call->service->metrics.sessions_ended, 1);
    }
    return result;
}

enum result auth_session_end_all(struct service_call *call, const struct id *user_id,
                                 const struct id *keep, int64_t *ended)
{
    int64_t count = 0;
    enum result result = store_session_end_all(call->store, user_id, keep, call->now_ms, &count);

    if (result == RESULT_OK && count > 0) {
        metrics_add(call->service->metrics.sessions_ended, (uint64_t)count);
    }
    if (ended != NULL) {
        *ended = count;
    }
    return result;
}

static struct auth_session seen_by(const struct service_call *call, const struct session *session,
                                   int64_t idle_ms)
{
    int64_t idle_end_ms = session->last_used_ms + idle_ms;

    return (struct auth_session){
        .session = *session,
        .expires_ms = idle_end_ms < session->expires_ms ? idle_end_ms : session->expires_ms,
        .current = call->actor != NULL && id_equal(&session->id, &call->actor->session_id),
    };
}

enum result auth_session_list(struct service_call *call, const struct id *user_id,
                              struct auth_session_list *out)
{
    int64_t idle_ms = call->service->options.session_idle_s * MS_PER_SECOND;
    struct auth_session *items;
    struct session_page page;
    enum result result =
        store_session_list(call->store, user_id, call->now_ms, idle_ms, call->arena, &page);

    if (result != RESULT_OK) {
        return result;
    }
    items = arena_take_array(call->arena, page.count + 1, sizeof(*items));
    if (items == NULL) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < page.count; i++) {
        items[i] = seen_by(call, &page.items[i], idle_ms);
    }
    *out = (struct auth_session_list){items, page.count, (int64_t)page.count};
    return RESULT_OK;
}

/* --- one's own -------------------------------------------------------------------------------- */

static enum result end_scope(struct service_call *call, enum auth_scope scope)
{
    const struct id *user_id = &call->actor->user_id;

    switch (scope) {
    case AUTH_SCOPE_LOCAL:
        return auth_session_end(call, user_id, &call->actor->session_id);
    case AUTH_SCOPE_OTHERS:
        return auth_session_end_all(call, user_id, &call->actor->session_id, NULL);
    case AUTH_SCOPE_GLOBAL:
        return auth_session_end_all(call, user_id, NULL, NULL);
    }
    return RESULT_INTERNAL;
}

enum result auth_logout(struct service_call *call, enum auth_scope scope)
{
    static const char *const names[] = {
        [AUTH_SCOPE_LOCAL] = "local",
        [AUTH_SCOPE_OTHERS] = "others",
        [AUTH_SCOPE_GLOBAL] = "global",
    };
    enum result result;

    if (call->actor == NULL || call->actor->system) {
        return RESULT_FORBIDDEN;
    }
    /* Whose session has ended may finish, but has no say in other sessions. */
    if (call->actor->session_ended) {
        return RESULT_NO_CONTENT;
    }
    result = end_scope(call, scope);
    if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
        return result;
    }
    feed_sync(call);
    audit_text(call, LOG_INFO, "logout", &call->actor->user_id, "scope", view_of(names[scope]));
    return RESULT_NO_CONTENT;
}

enum result auth_sessions(struct service_call *call, struct auth_session_list *out)
{
    if (call->actor == NULL || call->actor->system) {
        return RESULT_FORBIDDEN;
    }
    return auth_session_list(call, &call->actor->user_id, out);
}

enum result auth_end_session(struct service_call *call, struct view session_id)
{
    enum result result;
    struct id id;

    if (call->actor == NULL || call->actor->system) {
        return RESULT_FORBIDDEN;
    }
    if (!id_parse(session_id, &id)) {
        return RESULT_NOT_FOUND;
    }
    result = auth_session_end(call, &call->actor->user_id, &id);
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_text(call, LOG_INFO, "session_ended", &call->actor->user_id, "session_id", session_id);
    return RESULT_NO_CONTENT;
}
