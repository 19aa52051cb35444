#include "service/auth_check.h"

#include "service/audit.h"
#include "service/hashing.h"
#include "service/service_state.h"

#define BUSY_RETRY_AFTER_S 1
#define LOGGED_NAME_MAX_BYTES ((size_t)256)

static struct lockout_subject lockout_subject_of(const struct auth_check *check)
{
    return (struct lockout_subject){
        .user_id = check->credentials != NULL ? &check->credentials->user.id : NULL,
        .name = check->name,
    };
}

bool auth_check_size(struct service_call *call, struct view password, const char *field)
{
    if (password.len <= PASSWORD_MAX_BYTES) {
        return true;
    }
    faults_add(&call->faults, field, "too_long", VIEW("The password is longer than 1024 bytes."));
    return false;
}

static const char *reason_of(const struct auth_check *check)
{
    if (check->credentials == NULL) {
        return "unknown_user";
    }
    if (check->credentials->user.status != USER_ACTIVE) {
        return "disabled";
    }
    return view_is_empty(check->credentials->password_hash) ? "no_password" : "wrong_password";
}

void auth_check_describe(const struct auth_check *check, const char *reason,
                         struct log_field out[AUTH_CHECK_FIELDS])
{
    out[0] = LOG_FIELD_TEXT("reason", view_of(reason));
    out[1] = LOG_FIELD_TEXT("login", view_sub(check->name, 0, LOGGED_NAME_MAX_BYTES));
}

/* For the operator; the client learns nothing of it (CHECKLIST E01). */
static enum result note_failure(struct service_call *call, const struct auth_check *check)
{
    const struct id *user_id = check->credentials != NULL ? &check->credentials->user.id : NULL;
    struct log_field fields[AUTH_CHECK_FIELDS];
    struct attempt_events events = {0};
    bool locked = false;
    enum result result;

    auth_check_describe(check, reason_of(check), fields);
    events.failed = audit_prepare(call, check->failed_event, user_id, fields, AUTH_CHECK_FIELDS);
    if (events.failed != NULL || user_id != NULL) {
        events.locked = audit_prepare(call, "account_locked", user_id, &fields[1], 1);
    }
    result = lockout_fail(call, &check->lockout, &events, &locked);
    if (result != RESULT_OK) {
        return result;
    }
    audit_log(call, LOG_INFO, check->failed_event, user_id, fields, AUTH_CHECK_FIELDS);
    if (locked) {
        audit_log(call, LOG_WARNING, "account_locked", user_id, &fields[1], 1);
    }
    return RESULT_OK;
}

enum result auth_check_password(struct service_call *call, struct auth_check *check)
{
    const struct user_credentials *credentials = check->credentials;
    struct lockout_subject who = lockout_subject_of(check);
    struct hashing_subject subject = {.name = check->name};
    enum result result = lockout_count(call, &who, &check->lockout);

    if (result != RESULT_OK) {
        return result;
    }
    if (credentials != NULL) {
        subject.stored_hash = credentials->password_hash;
    }
    result = hashing_verify(call->service, &subject, check->password, &check->is_old);
    if (result == RESULT_BUSY) {
        call->retry_after_s = BUSY_RETRY_AFTER_S;
        lockout_return(call, &check->lockout);
    }
    if (result == RESULT_OK && credentials->user.status != USER_ACTIVE) {
        result = RESULT_INVALID_CREDENTIALS;
    }
    if (result != RESULT_INVALID_CREDENTIALS) {
        return result;
    }
    enum result noted = note_failure(call, check);
    return noted == RESULT_OK ? result : noted;
}
