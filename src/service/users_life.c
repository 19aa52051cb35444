/* Deleted users: how they come back, and how users go for good. */
#include "service/access.h"
#include "service/audit.h"
#include "service/service_state.h"
#include "service/user_rules.h"
#include "service/user_target.h"
#include "service/users.h"

#define CHANGE_TRIES 5 /* against others who change the same record */

/* --- restore ---------------------------------------------------------------------------------- */

static struct user_restore restore_of(const struct service_call *call, const struct user *target,
                                      const struct users_input *names)
{
    return (struct user_restore){
        .mask = names->mask & (USER_FIELD_USERNAME | USER_FIELD_EMAIL),
        .username = names->username,
        .email = names->email,
        .if_version = target->version, /* by which the rights were judged */
        .now_ms = call->now_ms,
    };
}

/* With the way out. */
static void tell_taken(struct service_call *call, enum result result, const struct user *target,
                       const struct users_input *names)
{
    bool by_name = result == RESULT_USERNAME_TAKEN;
    struct view text = by_name ? target->username : target->email;

    if (by_name && users_input_has(names, USER_FIELD_USERNAME)) {
        text = names->username;
    } else if (!by_name && users_input_has(names, USER_FIELD_EMAIL)) {
        text = names->email;
    }
    call->detail = arena_format(call->arena, "Somebody else has %.*s now: restore with another %s.",
                                VIEW_ARG(text), by_name ? "username" : "email, or with null");
}

/* One look, judgement and conditional change. CONFLICT: the record has changed in between. */
static enum result try_restore(struct service_call *call, struct view key,
                               const struct users_input *names, struct user *out)
{
    struct user_restore restore;
    struct user target;
    enum result result = user_target_judge(call, key, USER_GONE, names->if_version, &target);

    if (result != RESULT_OK) {
        return result;
    }
    restore = restore_of(call, &target, names);
    result = store_user_restore(call->store, &target.id, &restore, call->arena, out);
    if (result == RESULT_USERNAME_TAKEN || result == RESULT_EMAIL_TAKEN) {
        tell_taken(call, result, &target, names);
    }
    return result;
}

/* Who comes back brings their roles along: the rights are those of this moment. */
enum result users_restore(struct service_call *call, struct view key,
                          const struct users_input *names, struct user *out)
{
    enum result result = user_rules_check(call, names) ? access_sync(call) : RESULT_INVALID;

    if (result == RESULT_OK) {
        result = RESULT_CONFLICT;
    }
    for (int i = 0; i < CHANGE_TRIES && result == RESULT_CONFLICT; i++) {
        result = try_restore(call, key, names, out);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_event(call, LOG_INFO, "user_restored", &out->id);
    return RESULT_OK;
}

/* --- for good --------------------------------------------------------------------------------- */

/* A name could have been given to someone else since its owner was deleted. */
static enum user_presence meant_by(struct view key)
{
    enum user_key_kind kind = user_key_of(key).kind;

    return kind == USER_BY_ID || kind == USER_BY_NUMBER ? USER_PRESENT_OR_GONE : USER_PRESENT;
}

/* The event with the names of now: when it is stored there may be nobody left to ask. NULL: none.
 */
static const struct audit_event *prepare_event(const struct service_call *call,
                                               const struct user *target)
{
    const struct log_field name = LOG_FIELD_TEXT("username", target->username);
    const struct audit_event *prepared = audit_prepare(call, "user_purged", &target->id, &name, 1);
    struct audit_event *event = prepared != NULL ? arena_take(call->arena, sizeof(*event)) : NULL;

    if (event == NULL) {
        return prepared;
    }
    *event = *prepared;
    if (user_target_is_self(call, &target->id)) {
        event->actor_name = target->username;
    }
    return event;
}

static enum result try_purge(struct service_call *call, struct view key, int64_t if_version,
                             struct user *target)
{
    struct user_purge purge = {.outcome = RESULT_INTERNAL};
    enum result result = user_target_judge(call, key, meant_by(key), if_version, target);

    if (result != RESULT_OK) {
        return result;
    }
    purge.user_id = target->id;
    purge.if_version = target->version;
    purge.event = prepare_event(call, target);
    result = store_users_purge(call->store, &purge, 1, call->now_ms);
    return result == RESULT_OK ? purge.outcome : result;
}

enum result users_purge(struct service_call *call, struct view key, int64_t if_version)
{
    enum result result = RESULT_CONFLICT;
    struct user target;

    for (int i = 0; i < CHANGE_TRIES && result == RESULT_CONFLICT; i++) {
        result = try_purge(call, key, if_version, &target);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_log(call, LOG_INFO, "user_purged", &target.id, NULL, 0);
    return RESULT_NO_CONTENT;
}
