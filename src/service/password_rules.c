#include "service/password_rules.h"

#include "base/utf8.h"
#include "service/blocklist.h"

#define PRODUCT_NAME VIEW("latchkey")

/* What a rule looks at. */
struct candidate {
    const struct service_options *options;
    struct view password;
    const struct password_owner *owner;
};

static bool is_too_long(const struct candidate *c)
{
    return c->password.len > PASSWORD_MAX_BYTES;
}

static bool is_no_text(const struct candidate *c)
{
    return !utf8_is_valid(c->password);
}

static bool has_nul(const struct candidate *c)
{
    return view_find(c->password, '\0', 0) < c->password.len;
}

static bool is_too_short(const struct candidate *c)
{
    return (int64_t)utf8_length(c->password) < c->options->password_min_length ||
           c->password.len == 0;
}

static bool is_unfit(const struct candidate *c)
{
    return password_unfit(&c->options->password_params, c->password) != NULL;
}

static bool is_common(const struct candidate *c)
{
    return c->options->password_blocklist && blocklist_has(c->password);
}

static bool is_name(struct view password, struct view name)
{
    return name.len > 0 && view_equal_nocase(password, name);
}

static bool is_owner(const struct candidate *c)
{
    struct view email = c->owner->email;
    struct view local = view_sub(email, 0, view_find(email, '@', 0));

    return c->options->password_blocklist &&
           (is_name(c->password, c->owner->username) || is_name(c->password, email) ||
            is_name(c->password, local) || is_name(c->password, PRODUCT_NAME));
}

/* In this order: each may rely on those before it. message NULL: told by the numbers in force. */
static const struct {
    bool (*breaks)(const struct candidate *candidate);
    const char *code;
    const char *message;
} rules[] = {
    {is_too_long, "too_long", "The password is longer than 1024 bytes."},
    {is_no_text, "malformed", "The password is not valid UTF-8."},
    {has_nul, "contains_nul", "The password contains a NUL character."},
    {is_too_short, "too_short", NULL},
    {is_unfit, "too_long", "The password is longer than the 72 bytes that bcrypt takes."},
    {is_common, "common_password", "This is one of the commonest passwords; choose another."},
    {is_owner, "common_password", "The password is the person's or the product's name."},
};

static struct view too_short_message(const struct service_options *options, struct arena *arena)
{
    struct view text = arena_format(
        arena, "The password has fewer than %lld characters.",
        (long long)(options->password_min_length > 1 ? options->password_min_length : 1));

    return text.at != NULL ? text : VIEW("The password is too short.");
}

bool password_rules_check(const struct service_options *options, struct view password,
                          const struct password_owner *owner, const char *field,
                          struct arena *arena, struct faults *faults)
{
    struct candidate candidate = {options, password, owner};

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (!rules[i].breaks(&candidate)) {
            continue;
        }
        faults_add(faults, field, rules[i].code,
                   rules[i].message != NULL ? view_of(rules[i].message)
                                            : too_short_message(options, arena));
        return false;
    }
    return true;
}
