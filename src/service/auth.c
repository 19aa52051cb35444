#include "service/auth.h"

#include "service/audit.h"
#include "service/auth_check.h"
#include "service/auth_grant.h"
#include "service/hashing.h"
#include "service/service_state.h"
#include "service/user_make.h"
#include "service/user_name.h"

#define NAME_TRIES 3

static enum result make(struct service_call *call, const struct auth_signup *input,
                        struct view username, struct user *out)
{
    struct users_input user_input = {
        .mask = USER_FIELD_USERNAME | USER_FIELD_EMAIL | USER_FIELD_PASSWORD | USER_FIELD_NAME |
                USER_FIELD_AGE | USER_FIELD_METADATA,
        .username = username,
        .email = input->email,
        .password = input->password,
        .name = input->name,
        .age = input->age,
        .metadata = input->metadata,
    };

    return user_make(call, &user_input, out);
}

/* Somebody may take the name between the look and the sign-up. */
static enum result make_with_any_name(struct service_call *call, const struct auth_signup *input,
                                      struct user *out)
{
    enum result result = RESULT_USERNAME_TAKEN;
    struct view username;

    for (int i = 0; i < NAME_TRIES && result == RESULT_USERNAME_TAKEN; i++) {
        result = user_name_from_email(call, input->email, &username);
        if (result == RESULT_OK) {
            result = make(call, input, username, out);
        }
    }
    return result;
}

enum result auth_register(struct service_call *call, const struct auth_signup *input,
                          struct user *out)
{
    enum result result;

    if (!call->service->options.signup_open) {
        return RESULT_SIGNUP_CLOSED;
    }
    result = input->username.at != NULL ? make(call, input, input->username, out)
                                        : make_with_any_name(call, input, out);
    if (result != RESULT_OK) {
        return result;
    }
    metrics_add(call->service->metrics.signups, 1);
    audit_log(call, LOG_INFO, "user_created", &out->id, NULL, 0);
    return RESULT_CREATED;
}

enum result auth_signup(struct service_call *call, const struct auth_signup *input,
                        struct auth_grant *out)
{
    struct session session;
    struct user user;
    struct auth_grant_start start = {.user = &user};
    enum result result = auth_register(call, input, &user);

    if (result != RESULT_CREATED) {
        return result;
    }
    result = auth_grant_begin(call, &start, &session);
    if (result == RESULT_NOT_FOUND) {
        return RESULT_CONFLICT; /* disabled or deleted by someone before the first session began */
    }
    if (result != RESULT_OK) {
        return result;
    }
    user.last_login_ms = call->now_ms;
    result = auth_grant_issue(call, &user, &session, out);
    return result == RESULT_OK ? RESULT_CREATED : result;
}

/* A username or an e-mail in the form it is unique under, spaces around it dropped: one account,
   one counter, however it is spelt (CHECKLIST E06). */
static bool fold_login(struct service_call *call, struct view login, struct view *folded)
{
    struct view text = view_trim(login);
    char *room = arena_take(call->arena, text.len + 1);

    if (room == NULL) {
        return false;
    }
    *folded = user_fold(text, room);
    return true;
}

/* OK with *found NULL when there is nobody of that name; a name nobody can have is not looked up.
 */
static enum result find_credentials(struct service_call *call, struct view name,
                                    struct user_credentials *room, struct user_credentials **found)
{
    bool is_email = view_find(name, '@', 0) < name.len;
    struct user_key key = {.kind = is_email ? USER_BY_EMAIL : USER_BY_USERNAME, .text = name};
    enum result result;

    *found = NULL;
    if ((is_email ? user_email_fault(name) : user_username_fault(name)) != NULL) {
        return RESULT_OK;
    }
    result = store_user_get_credentials(call->store, &key, call->arena, room);
    if (result == RESULT_OK) {
        *found = room;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* What a wrong password is, is noted where it is found. */
static void note_refusal(struct service_call *call, const struct auth_check *check,
                         enum result result)
{
    const struct id *user_id = check->credentials != NULL ? &check->credentials->user.id : NULL;
    struct log_field fields[AUTH_CHECK_FIELDS];

    if (result == RESULT_INVALID_CREDENTIALS) {
        metrics_add(call->service->metrics.login_failed, 1);
        if (check->refusal != NULL) {
            auth_check_describe(check, check->refusal, fields);
            audit_fields(call, LOG_INFO, check->failed_event, user_id, fields, AUTH_CHECK_FIELDS);
        }
    } else if (result == RESULT_LOCKED) {
        auth_check_describe(check, "locked", fields);
        metrics_add(call->service->metrics.login_locked, 1);
        audit_log(call, LOG_WARNING, "login_locked", user_id, &fields[1], 1);
    }
}

/* Today's hash of a password whose stored hash is an old one (CHECKLIST P13); empty when there is
 * none to be made. */
static struct view rehash(struct service_call *call, const struct auth_check *check,
                          char room[PASSWORD_HASH_SIZE])
{
    struct view none = {NULL, 0};

    if (!check->is_old ||
        password_unfit(&call->service->options.password_params, check->password) != NULL ||
        hashing_make(call->service, check->password, room) != RESULT_OK) {
        return none;
    }
    return view_of(room);
}

/* The person as they are now, after the epoch has moved on under a right password. OK when it is
   still right and they may log in; else INVALID_CREDENTIALS with check->refusal. */
static enum result look_again(struct service_call *call, struct auth_check *check)
{
    struct user_key key = {.kind = USER_BY_ID, .id = check->credentials->user.id};
    struct user_credentials now;
    enum result result = store_user_get_credentials(call->store, &key, call->arena, &now);

    if (result == RESULT_NOT_FOUND) {
        check->refusal = "deleted";
    } else if (result != RESULT_OK) {
        return result;
    } else if (now.user.status != USER_ACTIVE) {
        check->refusal = "disabled";
    } else if (!view_equal(now.password_hash, check->credentials->password_hash)) {
        check->refusal = "password_changed";
    } else {
        *check->credentials = now;
        return RESULT_OK;
    }
    return RESULT_INVALID_CREDENTIALS;
}

/* A log-out of all sessions between the look at the password and this is no reason to refuse the
   password, so it is tried once more; a second one is. */
static enum result begin_session(struct service_call *call, struct auth_check *check,
                                 struct view new_hash, struct session *session)
{
    struct user_credentials *credentials = check->credentials;
    struct auth_grant_start start = {
        .user = &credentials->user,
        .new_hash = new_hash,
        .old_hash = credentials->password_hash,
        .lockout = &check->lockout,
        .event = audit_prepare(call, "login", &credentials->user.id, NULL, 0)};
    enum result result = auth_grant_begin(call, &start, session);

    if (result == RESULT_CONFLICT || result == RESULT_NOT_FOUND) {
        result = look_again(call, check);
        if (result == RESULT_OK) {
            result = auth_grant_begin(call, &start, session);
        }
    }
    if (result == RESULT_CONFLICT || result == RESULT_NOT_FOUND) {
        check->refusal = "sessions_ended";
        return RESULT_INVALID_CREDENTIALS;
    }
    return result;
}

static enum result begin(struct service_call *call, struct auth_check *check,
                         struct auth_grant *out)
{
    char room[PASSWORD_HASH_SIZE];
    struct session session;
    struct user user;
    enum result result = begin_session(call, check, rehash(call, check, room), &session);

    secret_wipe_bytes(room, sizeof(room));
    if (result != RESULT_OK) {
        return result;
    }
    user = check->credentials->user;
    user.last_login_ms = call->now_ms;
    return auth_grant_issue(call, &user, &session, out);
}

static void note_success(struct service_call *call, const struct auth_check *check)
{
    throttle_return(call->service->throttle, THROTTLE_LOGIN, call->address, call->now_ms);
    metrics_add(call->service->metrics.login_ok, 1);
    audit_log(call, LOG_INFO, "login", &check->credentials->user.id, NULL, 0);
}

enum result auth_login(struct service_call *call, const struct auth_login *input,
                       struct auth_grant *out)
{
    struct user_credentials credentials;
    struct auth_check check = {.password = input->password, .failed_event = "login_failed"};
    enum result result;

    if (!auth_check_size(call, input->password, "password")) {
        return RESULT_INVALID;
    }
    if (!fold_login(call, input->login, &check.name)) {
        return RESULT_INTERNAL;
    }
    result = find_credentials(call, check.name, &credentials, &check.credentials);
    if (result == RESULT_OK) {
        result = auth_check_password(call, &check);
    }
    if (result == RESULT_OK) {
        result = begin(call, &check, out);
        if (result == RESULT_STORE_UNAVAILABLE || result == RESULT_INTERNAL) {
            lockout_return(call, &check.lockout);
        }
    }
    if (result == RESULT_OK) {
        note_success(call, &check);
    } else {
        note_refusal(call, &check, result);
    }
    return result;
}
