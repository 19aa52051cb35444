#include "service/user_target.h"

#include "service/access.h"

enum result user_target_find(struct service_call *call, struct view key_text,
                             enum user_presence presence, struct user *out)
{
    struct user_key key = user_key_of(key_text);
    enum result result;

    key.presence = presence;
    result = store_user_get(call->store, &key, call->arena, out);
    if (result == RESULT_AMBIGUOUS) {
        call->detail = VIEW("Several deleted users had this name or address.");
    }
    return result;
}

bool user_target_is_self(const struct service_call *call, const struct id *user_id)
{
    return call->actor != NULL && !call->actor->system && id_equal(&call->actor->user_id, user_id);
}

enum result user_target_check(struct service_call *call, const struct user *target)
{
    bool covers = call->actor != NULL && access_covers_roles(call->service, call->actor,
                                                             target->roles, target->role_count);

    return covers || user_target_is_self(call, &target->id) ? RESULT_OK : RESULT_EXCEEDS_RIGHTS;
}

enum result user_target_check_version(const struct user *target, int64_t if_version)
{
    return if_version == 0 || if_version == target->version ? RESULT_OK
                                                            : RESULT_PRECONDITION_FAILED;
}

enum result user_target_judge(struct service_call *call, struct view key,
                              enum user_presence presence, int64_t if_version, struct user *out)
{
    enum result result = user_target_find(call, key, presence, out);

    if (result == RESULT_OK) {
        result = user_target_check(call, out);
    }
    return result == RESULT_OK ? user_target_check_version(out, if_version) : result;
}
