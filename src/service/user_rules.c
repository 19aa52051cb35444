#include "service/user_rules.h"

#include "base/utf8.h"
#include "service/service_state.h"

#define CONTROL_END 0x20u /* C0 */
#define DELETE 0x7Fu
#define C1_END 0xA0u
#define LINE_SEPARATOR 0x2028u
#define PARAGRAPH_SEPARATOR 0x2029u

/* By length where that is what is wrong, so that a form can say so. */
static const char *length_code(struct view text, size_t min, size_t max)
{
    if (text.len < min) {
        return "too_short";
    }
    return text.len > max ? "too_long" : "malformed";
}

static void check_username(struct service_call *call, const struct users_input *input)
{
    const char *fault = user_username_fault(input->username);

    if (fault != NULL) {
        faults_add(&call->faults, "username",
                   length_code(input->username, USERNAME_MIN_BYTES, USERNAME_MAX_BYTES),
                   view_of(fault));
    }
}

static void check_email(struct service_call *call, const struct users_input *input)
{
    const char *fault = input->email.at != NULL ? user_email_fault(input->email) : NULL;

    if (fault != NULL) {
        faults_add(&call->faults, "email",
                   length_code(input->email, EMAIL_MIN_BYTES, EMAIL_MAX_BYTES), view_of(fault));
    }
}

static bool is_control(uint32_t c)
{
    return c < CONTROL_END || (c >= DELETE && c < C1_END) || c == LINE_SEPARATOR ||
           c == PARAGRAPH_SEPARATOR;
}

static void check_name(struct service_call *call, const struct users_input *input)
{
    struct view rest = input->name;
    uint32_t c;

    if (!utf8_is_valid(input->name)) {
        faults_add(&call->faults, "name", "malformed", VIEW("The name is not valid UTF-8."));
        return;
    }
    if (utf8_length(input->name) > NAME_MAX_CHARS) {
        faults_add(&call->faults, "name", "too_long",
                   VIEW("The name is longer than 200 characters."));
    }
    while (utf8_next(&rest, &c)) {
        if (!is_control(c)) {
            continue;
        }
        faults_add(&call->faults, "name", "malformed",
                   VIEW("The name contains a control character."));
        return;
    }
}

static void check_age(struct service_call *call, const struct users_input *input)
{
    if (input->age == USER_AGE_UNKNOWN) {
        return;
    }
    if (input->age < 0) {
        faults_add(&call->faults, "age", "too_small", VIEW("The age is less than 0."));
    }
    if (input->age > AGE_MAX) {
        faults_add(&call->faults, "age", "too_large", VIEW("The age is more than 150."));
    }
}

static void check_metadata(struct service_call *call, const struct users_input *input)
{
    if (input->metadata.len > METADATA_MAX_BYTES) {
        faults_add(&call->faults, "metadata", "too_long",
                   VIEW("The metadata takes more than 8192 bytes."));
    }
}

static void check_status(struct service_call *call, const struct users_input *input)
{
    if (input->status != USER_ACTIVE && input->status != USER_DISABLED) {
        faults_add(&call->faults, "status", "not_allowed",
                   VIEW("The status is neither active nor disabled."));
    }
}

void user_rules_unknown_role(struct service_call *call)
{
    faults_add(&call->faults, "roles", "unknown_role", VIEW("There is no role of that name."));
}

static void check_roles(struct service_call *call, const struct users_input *input)
{
    struct feed_state *state = feed_get_state(call->service->feed);

    if (input->role_count > USER_ROLES_MAX) {
        faults_add(&call->faults, "roles", "too_long", VIEW("There are more than 32 roles."));
        return;
    }
    for (size_t i = 0; i < input->role_count; i++) {
        if (feed_state_has_role(state, input->roles[i])) {
            continue;
        }
        user_rules_unknown_role(call);
        return;
    }
}

static const struct {
    enum user_field field;
    void (*check)(struct service_call *call, const struct users_input *input);
} rules[] = {
    {USER_FIELD_USERNAME, check_username}, {USER_FIELD_EMAIL, check_email},
    {USER_FIELD_NAME, check_name},         {USER_FIELD_AGE, check_age},
    {USER_FIELD_METADATA, check_metadata}, {USER_FIELD_STATUS, check_status},
    {USER_FIELD_ROLES, check_roles},
};

bool user_rules_check(struct service_call *call, const struct users_input *input)
{
    size_t before = call->faults.count;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (users_input_has(input, rules[i].field)) {
            rules[i].check(call, input);
        }
    }
    return call->faults.count == before;
}
