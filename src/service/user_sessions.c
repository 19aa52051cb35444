#include "service/user_sessions.h"

#include "service/audit.h"
#include "service/auth_session.h"
#include "service/service_state.h"
#include "service/user_target.h"

enum result user_sessions_list(struct service_call *call, struct view key,
                               struct auth_session_list *out)
{
    struct user user;
    enum result result = user_target_find(call, key, USER_PRESENT, &user);

    return result == RESULT_OK ? auth_session_list(call, &user.id, out) : result;
}

/* Rights that come in between change nothing: what ends was there when they were judged, or could
   have been. */
static enum result judge(struct service_call *call, struct view key, struct user *out)
{
    return user_target_judge(call, key, USER_PRESENT, 0, out);
}

enum result user_sessions_end(struct service_call *call, struct view key, struct view session_id)
{
    struct user user;
    struct id id;
    enum result result = judge(call, key, &user);

    if (result == RESULT_OK && !id_parse(session_id, &id)) {
        result = RESULT_NOT_FOUND;
    }
    if (result == RESULT_OK) {
        result = auth_session_end(call, &user.id, &id);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_text(call, LOG_INFO, "session_ended", &user.id, "session_id", session_id);
    return RESULT_NO_CONTENT;
}

enum result user_sessions_end_all(struct service_call *call, struct view key, int64_t *ended)
{
    struct user user;
    int64_t count = 0;
    enum result result = judge(call, key, &user);

    if (result == RESULT_OK) {
        result = auth_session_end_all(call, &user.id, NULL, &count);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    if (ended != NULL) {
        *ended = count;
    }
    audit_fields(call, LOG_INFO, "sessions_ended", &user.id,
                 (const struct log_field[]){LOG_FIELD_NUMBER("sessions", count)}, 1);
    return RESULT_NO_CONTENT;
}
