#include "service/auth_check.h"

#include "service/hashing.h"
#include "service/service_state.h"

#define BUSY_RETRY_AFTER_S 1

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
    enum result noted = lockout_fail(call, &check->lockout);
    return noted == RESULT_OK ? result : noted;
}
