#include "service/user_make.h"

#include "service/audit.h"
#include "service/hashing.h"
#include "service/service_state.h"
#include "service/user_rules.h"

static const struct view default_roles[] = {{ROLE_USER, sizeof(ROLE_USER) - 1}};

enum result user_make_check(struct service_call *call, const struct users_input *input,
                            const struct password_owner *owner)
{
    bool fields_fine = user_rules_check(call, input);
    bool password_fine = !users_input_has(input, USER_FIELD_PASSWORD) ||
                         password_rules_check(&call->service->options, input->password, owner,
                                              "password", call->arena, &call->faults);

    return fields_fine && password_fine ? RESULT_OK : RESULT_INVALID;
}

static struct user_draft draft_of(const struct service_call *call, const struct users_input *input)
{
    struct user_draft draft = {
        .id = id_new(call->now_ms),
        .username = input->username,
        .age = users_input_has(input, USER_FIELD_AGE) ? input->age : USER_AGE_UNKNOWN,
        .email_verified =
            users_input_has(input, USER_FIELD_EMAIL_VERIFIED) && input->email_verified,
        .status = users_input_has(input, USER_FIELD_STATUS) ? input->status : USER_ACTIVE,
        .roles = default_roles,
        .role_count = ARRAY_LEN(default_roles),
        .now_ms = call->now_ms,
    };

    if (users_input_has(input, USER_FIELD_EMAIL)) {
        draft.email = input->email;
    }
    if (users_input_has(input, USER_FIELD_NAME)) {
        draft.name = input->name;
    }
    if (users_input_has(input, USER_FIELD_METADATA)) {
        draft.metadata = input->metadata;
    }
    if (users_input_has(input, USER_FIELD_ROLES)) {
        draft.roles = input->roles;
        draft.role_ids = input->role_ids;
        draft.role_count = input->role_count;
    }
    return draft;
}

static enum result store(struct service_call *call, const struct user_draft *draft,
                         struct user *out)
{
    struct user_draft whole = *draft;
    enum result result;

    whole.event = audit_prepare(call, "user_created", &draft->id, NULL, 0);
    result = store_user_create(call->store, &whole, call->arena, out);
    if (result == RESULT_INVALID) {
        user_rules_unknown_role(call);
    }
    return result;
}

enum result user_make(struct service_call *call, const struct users_input *input, struct user *out)
{
    struct users_input whole = *input;
    struct password_owner owner = {input->username, input->email};
    struct user_draft draft = draft_of(call, input);
    char hash[PASSWORD_HASH_SIZE];
    enum result result;

    whole.mask |= USER_FIELD_USERNAME;
    result = user_make_check(call, &whole, &owner);
    if (result != RESULT_OK) {
        return result;
    }
    if (!users_input_has(input, USER_FIELD_PASSWORD)) {
        return store(call, &draft, out);
    }
    result = hashing_make(call->service, input->password, hash);
    if (result == RESULT_OK) {
        draft.password_hash = view_of(hash);
        result = store(call, &draft, out);
    }
    secret_wipe_bytes(hash, sizeof(hash));
    return result;
}
