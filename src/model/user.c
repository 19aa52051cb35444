#include "model/user.h"

#include "model/limits.h"

#define EMAIL_LOCAL_MAX_BYTES 64 /* RFC 5321 section 4.5.3.1.1 */
#define DNS_LABEL_MAX_BYTES 63   /* RFC 1035 section 2.3.4 */

static const struct {
    enum user_status status;
    const char *name;
} statuses[] = {{USER_ACTIVE, "active"}, {USER_DISABLED, "disabled"}};

const char *user_status_name(enum user_status status)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (statuses[i].status == status) {
            return statuses[i].name;
        }
    }
    return "unknown";
}

bool user_status_of(struct view name, enum user_status *out)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (view_is(name, statuses[i].name)) {
            *out = statuses[i].status;
            return true;
        }
    }
    return false;
}

/* Not <ctype.h>: what a letter is must not hang on the locale. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(char c, struct view set)
{
    return view_find(set, c, 0) < set.len;
}

static bool is_username_char(char c)
{
    return is_letter(c) || is_digit(c) || is_one_of(c, VIEW("._-"));
}

/* atext of RFC 5322 section 3.2.3. */
static bool is_atom_char(char c)
{
    return is_letter(c) || is_digit(c) || is_one_of(c, VIEW("!#$%&'*+-/=?^_`{|}~"));
}

static bool is_label_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '-';
}

static bool consists_of(struct view text, bool (*is_allowed)(char))
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_allowed(text.at[i])) {
            return false;
        }
    }
    return true;
}

const char *user_username_fault(struct view username)
{
    struct id id;
    if (username.len < USERNAME_MIN_BYTES) {
        return "A username has at least 3 characters.";
    }
    if (username.len > USERNAME_MAX_BYTES) {
        return "A username has at most 64 characters.";
    }
    if (!is_letter(username.at[0])) {
        return "A username starts with a letter from A to Z.";
    }
    if (!consists_of(username, is_username_char)) {
        return "A username consists of letters, digits, dots, hyphens and underscores.";
    }
    if (id_parse(username, &id)) {
        return "A username must not look like a UUID.";
    }
    return NULL;
}

/* dot-atom of RFC 5322 section 3.2.3. */
static bool is_local_part(struct view local)
{
    struct view atom;
    if (local.len == 0 || local.len > EMAIL_LOCAL_MAX_BYTES) {
        return false;
    }
    while (view_split(&local, '.', &atom)) {
        if (atom.len == 0 || !consists_of(atom, is_atom_char)) {
            return false;
        }
    }
    return true;
}

static bool is_label(struct view label)
{
    return label.len > 0 && label.len <= DNS_LABEL_MAX_BYTES && label.at[0] != '-' &&
           label.at[label.len - 1] != '-' && consists_of(label, is_label_char);
}

static bool is_domain(struct view domain)
{
    struct view label;
    size_t labels = 0;
    while (view_split(&domain, '.', &label)) {
        if (!is_label(label)) {
            return false;
        }
        labels++;
    }
    return labels >= 2;
}

const char *user_email_fault(struct view email)
{
    if (email.len < EMAIL_MIN_BYTES) {
        return "An e-mail address is needed.";
    }
    if (email.len > EMAIL_MAX_BYTES) {
        return "An e-mail address has at most 254 characters.";
    }
    size_t at = view_find(email, '@', 0);
    if (at == email.len || view_find(email, '@', at + 1) != email.len) {
        return "An e-mail address has exactly one @.";
    }
    if (!is_local_part(view_sub(email, 0, at))) {
        return "The part before the @ is not one of an e-mail address.";
    }
    if (!is_domain(view_sub(email, at + 1, email.len))) {
        return "The part after the @ is not a domain name.";
    }
    return NULL;
}

struct view user_fold(struct view text, char *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return view_make(out, text.len);
}

struct user_key user_key_of(struct view text)
{
    struct user_key key = {.text = text};
    if (id_parse(text, &key.id)) {
        key.kind = USER_BY_ID;
    } else if (text.len > 0 && is_digit(text.at[0]) && view_to_int64(text, &key.number)) {
        key.kind = USER_BY_NUMBER;
    } else if (view_find(text, '@', 0) < text.len) {
        key.kind = USER_BY_EMAIL;
    } else {
        key.kind = USER_BY_USERNAME;
    }
    return key;
}
