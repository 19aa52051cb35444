#include "model/role.h"

#include "model/limits.h"

bool role_grant_covers(struct view grant, struct view wanted)
{
    if (view_is(grant, "*")) {
        return true;
    }
    if (!view_ends_with(grant, VIEW(":*"))) {
        return view_equal(grant, wanted);
    }
    /* "users:*": all that starts with "users:" and goes on. */
    struct view prefix = view_sub(grant, 0, grant.len - 1);
    return wanted.len > prefix.len && view_starts_with(wanted, prefix);
}

bool role_covers(const struct role *role, struct view wanted)
{
    for (size_t i = 0; i < role->permission_count; i++) {
        if (role_grant_covers(role->permissions[i], wanted)) {
            return true;
        }
    }
    return false;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const char *role_name_fault(struct view name)
{
    if (name.len == 0 || name.len > ROLE_NAME_MAX_BYTES) {
        return "The name of a role has 1 to 64 characters.";
    }
    if (!is_letter(name.at[0])) {
        return "The name of a role starts with an ASCII letter.";
    }
    for (size_t i = 1; i < name.len; i++) {
        char c = name.at[i];
        if (!is_letter(c) && !is_digit(c) && c != '.' && c != '_' && c != '-') {
            return "The name of a role has only ASCII letters, digits, '.', '_' and '-'.";
        }
    }
    return NULL;
}

static bool is_word(struct view word)
{
    if (word.len == 0 || !is_lower(word.at[0])) {
        return false;
    }
    for (size_t i = 1; i < word.len; i++) {
        char c = word.at[i];
        if (!is_lower(c) && !is_digit(c) && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

const char *role_grant_fault(struct view grant)
{
    size_t colon = view_find(grant, ':', 0);
    struct view action = view_sub(grant, colon + 1, grant.len);
    if (grant.len > PERMISSION_MAX_BYTES) {
        return "A permission has at most 64 characters.";
    }
    if (view_is(grant, "*")) {
        return NULL;
    }
    if (colon < grant.len && is_word(view_sub(grant, 0, colon)) &&
        (is_word(action) || view_is(action, "*"))) {
        return NULL;
    }
    return "A permission is resource:action, resource:* or *.";
}
