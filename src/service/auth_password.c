#include "service/auth.h"

#include "service/audit.h"
#include "service/auth_check.h"
#include "service/hashing.h"
#include "service/password_rules.h"
#include "service/service_state.h"

#define SAVE_TRIES 3

static enum result get_own(struct service_call *call, struct user_credentials *out)
{
    struct user_key key = {.kind = USER_BY_ID, .id = call->actor->user_id};
    enum result result = store_user_get_credentials(call->store, &key, call->arena, out);

    return result == RESULT_NOT_FOUND ? RESULT_INVALID_TOKEN : result;
}

static bool check_sizes(struct service_call *call, const struct user *user, struct view current,
                        struct view fresh)
{
    struct password_owner owner = {user->username, user->email};
    bool current_fine = auth_check_size(call, current, "current_password");
    bool fresh_fine = password_rules_check(&call->service->options, fresh, &owner, "new_password",
                                           call->arena, &call->faults);

    return current_fine && fresh_fine;
}

/* Only in place of the hash that was verified: whoever was first in a race has decided. A change of
   something else in between is no reason to refuse. */
static enum result save(struct service_call *call, const struct user_credentials *verified,
                        struct view hash)
{
    struct user_patch patch = {
        .mask = USER_FIELD_PASSWORD,
        .password_hash = hash,
        .keep_session = call->actor->session_id,
        .if_version = verified->user.version,
        .now_ms = call->now_ms,
    };
    enum result result = RESULT_CONFLICT;

    for (int i = 0; i < SAVE_TRIES && result == RESULT_CONFLICT; i++) {
        struct user_credentials now;

        result = store_user_update(call->store, &verified->user.id, &patch, call->arena, NULL);
        if (result != RESULT_CONFLICT) {
            break;
        }
        if (get_own(call, &now) != RESULT_OK ||
            !view_equal(now.password_hash, verified->password_hash)) {
            return RESULT_WRONG_PASSWORD;
        }
        patch.if_version = now.user.version;
    }
    return result == RESULT_NOT_FOUND ? RESULT_INVALID_TOKEN : result;
}

static enum result replace(struct service_call *call, const struct user_credentials *verified,
                           struct view fresh)
{
    char hash[PASSWORD_HASH_SIZE];
    enum result result = hashing_make(call->service, fresh, hash);

    if (result != RESULT_OK) {
        return result;
    }
    result = save(call, verified, view_of(hash));
    secret_wipe_bytes(hash, sizeof(hash));
    return result;
}

static enum result check_current(struct service_call *call, struct auth_check *check)
{
    enum result result = auth_check_password(call, check);

    return result == RESULT_INVALID_CREDENTIALS ? RESULT_WRONG_PASSWORD : result;
}

enum result auth_change_password(struct service_call *call, struct view current_password,
                                 struct view new_password)
{
    struct user_credentials credentials;
    struct auth_check check = {.credentials = &credentials,
                               .password = current_password,
                               .failed_event = "password_change_failed"};
    enum result result;

    if (call->actor == NULL || call->actor->system) {
        return RESULT_FORBIDDEN;
    }
    result = get_own(call, &credentials);
    if (result != RESULT_OK) {
        return result;
    }
    if (!check_sizes(call, &credentials.user, current_password, new_password)) {
        return RESULT_INVALID;
    }
    check.name = credentials.user.username;
    result = check_current(call, &check);
    if (result != RESULT_OK) {
        return result;
    }
    result = replace(call, &credentials, new_password);
    if (result == RESULT_STORE_UNAVAILABLE || result == RESULT_INTERNAL) {
        lockout_return(call, &check.lockout);
    }
    if (result != RESULT_OK) {
        return result;
    }
    lockout_clear(call, &check.lockout);
    feed_sync(call);
    audit_event(call, LOG_INFO, "password_changed", &credentials.user.id);
    return RESULT_NO_CONTENT;
}
