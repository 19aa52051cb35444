#include "service/users.h"

#include "service/access.h"
#include "service/audit.h"
#include "service/hashing.h"
#include "service/service_state.h"
#include "service/user_make.h"
#include "service/user_rules.h"
#include "service/user_target.h"

#define UPDATE_TRIES 5 /* against others who change the same record */

#define NO_METADATA VIEW("{}")

/* What nobody changes about themselves here, whatever rights they have. */
#define NOT_OWN_FIELDS                                                                             \
    (USER_FIELD_PASSWORD | USER_FIELD_STATUS | USER_FIELD_ROLES | USER_FIELD_EMAIL_VERIFIED)

enum result users_get(struct service_call *call, struct view key, struct user *out)
{
    return user_target_find(call, key, USER_PRESENT, out);
}

enum result users_find(struct service_call *call, struct view key, enum user_presence presence,
                       struct user *out)
{
    return user_target_find(call, key, presence, out);
}

enum result users_get_self(struct service_call *call, struct user *out)
{
    struct user_key key = {.kind = USER_BY_ID};
    enum result result;

    if (call->actor == NULL || call->actor->system) {
        return RESULT_FORBIDDEN;
    }
    key.id = call->actor->user_id;
    result = store_user_get(call->store, &key, call->arena, out);
    return result == RESULT_NOT_FOUND ? RESULT_INVALID_TOKEN : result;
}

static enum result refuse_role(struct service_call *call, struct view role)
{
    call->detail =
        arena_format(call->arena, "The role %.*s grants more than you hold.", VIEW_ARG(role));
    return RESULT_EXCEEDS_RIGHTS;
}

/* Nobody gives what they do not hold (CHECKLIST A05). What was judged is what the store gives: were
   a role deleted and made anew in between, its id would be another one. Unknown roles are for
   user_rules_check to report. */
static enum result check_given_roles(struct service_call *call, struct users_input *input)
{
    struct feed_state *state = feed_get_state(call->service->feed);
    enum result result;
    struct id *ids;

    if (!users_input_has(input, USER_FIELD_ROLES)) {
        return RESULT_OK;
    }
    ids = arena_take_array(call->arena, input->role_count + 1, sizeof(*ids));
    result = ids != NULL ? access_sync(call) : RESULT_INTERNAL;
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; i < input->role_count; i++) {
        struct feed_role role = feed_state_look_role(state, call->actor, input->roles[i]);

        if (role.known && !role.covered) {
            return refuse_role(call, input->roles[i]);
        }
        ids[i] = role.id;
    }
    input->role_ids = ids;
    return RESULT_OK;
}

enum result users_create(struct service_call *call, const struct users_input *input,
                         struct user *out)
{
    struct users_input judged = *input;
    enum result result = check_given_roles(call, &judged);

    if (result == RESULT_OK) {
        result = user_make(call, &judged, out);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_log(call, LOG_INFO, "user_created", &out->id, NULL, 0);
    return RESULT_CREATED;
}

/* Who may change what of whom. */
static enum result check_rights(struct service_call *call, const struct user *target,
                                const struct users_input *input)
{
    unsigned allowed = input->own_password ? USER_FIELD_PASSWORD : 0U;

    if (user_target_is_self(call, &target->id) && (input->mask & NOT_OWN_FIELDS & ~allowed) != 0) {
        call->detail = VIEW("Nobody changes their own password, status or roles here.");
        return RESULT_FORBIDDEN;
    }
    return user_target_check(call, target);
}

/* Which version of the record may be changed, of the one just read; 0: any. Rights were judged by
   it, and a client's own version was compared with it. */
static int64_t only_version(const struct service_call *call, const struct user *target,
                            int64_t if_version)
{
    return if_version == 0 && user_target_is_self(call, &target->id) ? 0 : target->version;
}

static enum result check_input(struct service_call *call, const struct user *target,
                               const struct users_input *input)
{
    struct password_owner owner = {
        .username =
            users_input_has(input, USER_FIELD_USERNAME) ? input->username : target->username,
        .email = users_input_has(input, USER_FIELD_EMAIL) ? input->email : target->email,
    };

    return user_make_check(call, input, &owner);
}

static struct user_patch patch_of(const struct service_call *call, const struct user *target,
                                  const struct users_input *input, struct view hash)
{
    return (struct user_patch){
        .mask = input->mask,
        .username = input->username,
        .email = input->email,
        .name = input->name,
        .age = input->age,
        .metadata = view_is_empty(input->metadata) ? NO_METADATA : input->metadata,
        .email_verified = input->email_verified,
        .status = input->status,
        .password_hash = hash,
        .keep_session = user_target_is_self(call, &target->id) ? call->actor->session_id
                                                               : (struct id){.bytes = {0}},
        .roles = input->roles,
        .role_ids = input->role_ids,
        .role_count = input->role_count,
        .if_version = only_version(call, target, input->if_version),
        .now_ms = call->now_ms,
    };
}

/* One look, judgement and conditional change. CONFLICT: the record has changed in between. */
static enum result try_update(struct service_call *call, struct view key,
                              const struct users_input *input, struct view hash,
                              struct user *before, struct user *out)
{
    struct user_patch patch;
    enum result result = user_target_find(call, key, USER_PRESENT, before);

    if (result == RESULT_OK) {
        result = check_rights(call, before, input);
    }
    if (result == RESULT_OK) {
        result = user_target_check_version(before, input->if_version);
    }
    if (result != RESULT_OK) {
        return result;
    }
    patch = patch_of(call, before, input, hash);
    result = store_user_update(call->store, &before->id, &patch, call->arena, out);
    if (result == RESULT_INVALID) {
        user_rules_unknown_role(call);
    }
    return result;
}

static bool same_roles(const struct user *a, const struct user *b)
{
    if (a->role_count != b->role_count) {
        return false;
    }
    for (size_t i = 0; i < a->role_count; i++) {
        if (!view_equal(a->roles[i], b->roles[i])) {
            return false;
        }
    }
    return true;
}

static void note_update(struct service_call *call, const struct users_input *input,
                        const struct user *before, const struct user *after)
{
    audit_event(call, LOG_INFO, "user_updated", &after->id);
    if (users_input_has(input, USER_FIELD_PASSWORD)) {
        audit_event(call, LOG_INFO, "password_changed", &after->id);
    }
    if (before->status != after->status) {
        audit_event(call, LOG_INFO, after->status == USER_ACTIVE ? "user_enabled" : "user_disabled",
                    &after->id);
    }
    if (!same_roles(before, after)) {
        audit_roles(call, before, after);
    }
}

/* Whoever sets their own password again and again keeps the hash workers busy: as often as
   auth_change_password may be called, by the same bucket. */
static enum result take_own_rate(struct service_call *call)
{
    call->retry_after_s =
        throttle_take(call->service->throttle, THROTTLE_PASSWORD, call->address, call->now_ms);
    return call->retry_after_s == 0 ? RESULT_OK : RESULT_RATE_LIMITED;
}

/* All that can be refused before the costly hash; another version last (RFC 9110 section 13.2.1).
 */
static enum result prepare(struct service_call *call, struct view key, struct users_input *input,
                           char hash[PASSWORD_HASH_SIZE])
{
    struct user target;
    enum result result = user_target_find(call, key, USER_PRESENT, &target);

    if (result == RESULT_OK) {
        result = check_rights(call, &target, input);
    }
    if (result == RESULT_OK) {
        result = check_given_roles(call, input);
    }
    if (result == RESULT_OK) {
        result = check_input(call, &target, input);
    }
    if (result == RESULT_OK) {
        result = user_target_check_version(&target, input->if_version);
    }
    if (result != RESULT_OK || !users_input_has(input, USER_FIELD_PASSWORD)) {
        return result;
    }
    result = user_target_is_self(call, &target.id) ? take_own_rate(call) : RESULT_OK;
    return result == RESULT_OK ? hashing_make(call->service, input->password, hash) : result;
}

enum result users_update(struct service_call *call, struct view key,
                         const struct users_input *input, struct user *out)
{
    char hash[PASSWORD_HASH_SIZE] = {0};
    struct users_input judged = *input;
    struct user before;
    enum result result = prepare(call, key, &judged, hash);

    if (result != RESULT_OK) {
        return result;
    }
    result = RESULT_CONFLICT;
    for (int i = 0; i < UPDATE_TRIES && result == RESULT_CONFLICT; i++) {
        result = try_update(call, key, &judged, view_of(hash), &before, out);
    }
    secret_wipe_bytes(hash, sizeof(hash));
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    note_update(call, input, &before, out);
    return RESULT_OK;
}

/* As try_update: the rights are judged by the record as it was, and only that one goes. */
static enum result try_delete(struct service_call *call, struct view key, int64_t if_version,
                              struct user *target)
{
    enum result result = user_target_judge(call, key, USER_PRESENT, if_version, target);

    if (result != RESULT_OK) {
        return result;
    }
    return store_user_delete(call->store, &target->id, only_version(call, target, if_version),
                             call->now_ms);
}

enum result users_delete(struct service_call *call, struct view key, int64_t if_version)
{
    struct user target;
    enum result result = RESULT_CONFLICT;

    for (int i = 0; i < UPDATE_TRIES && result == RESULT_CONFLICT; i++) {
        result = try_delete(call, key, if_version, &target);
    }
    if (result != RESULT_OK) {
        return result;
    }
    feed_sync(call);
    audit_event(call, LOG_INFO, "user_deleted", &target.id);
    return RESULT_NO_CONTENT;
}
