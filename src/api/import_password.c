#include "api/import_password.h"

#include <string.h>

/* In no table of hashes is one shorter; what people make up with such signs mostly is. */
#define MARKED_MIN_BYTES 20
#define ID_MAX_BYTES 32
#define DIGEST_HEX_MIN 32    /* MD5 */
#define DIGEST_BASE64_MIN 24 /* MD5 */
/* Of Django's users without a password: '!' and so many letters and digits. */
#define UNUSABLE_CHARS 40

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_lower(c) || is_upper(c) || is_digit(c);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Of the base64 of RFC 4648, sections 4 and 5. */
static bool is_base64(char c)
{
    return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

static bool is_id_char(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("._-,=:@", c) != NULL);
}

static size_t count_first(struct view text, bool (*is_one)(char))
{
    size_t count = 0;
    while (count < text.len && is_one(text.at[count])) {
        count++;
    }
    return count;
}

/* --- shapes ----------------------------------------------------------------------------------- */

/* Begins as one of the kinds that are verified here; the rest may be anything. */
static bool has_known_start(struct view text)
{
    static const struct view starts[] = {VIEW_INIT("$2a$"),     VIEW_INIT("$2b$"),
                                         VIEW_INIT("$2y$"),     VIEW_INIT("$argon2"),
                                         VIEW_INIT("$pbkdf2-"), VIEW_INIT("pbkdf2_sha256$"),
                                         VIEW_INIT("$scrypt$"), VIEW_INIT("argon2$argon2")};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (view_starts_with(text, starts[i])) {
            return true;
        }
    }
    return false;
}

/* $ID$…, as crypt(5) and passlib write it. */
static bool is_modular(struct view text)
{
    size_t len = count_first(view_sub(text, 1, text.len), is_id_char);
    return text.len >= MARKED_MIN_BYTES && text.at[0] == '$' && len > 0 && len <= ID_MAX_BYTES &&
           view_find(text, '$', 1) == len + 1;
}

/* NAME$…$… or NAME:PARAMETERS$…. */
static bool is_named(struct view text)
{
    size_t len = count_first(text, is_id_char);
    if (text.len < MARKED_MIN_BYTES || len == 0 || view_find(text, '$', 0) != len) {
        return false;
    }
    return view_find(text, ':', 0) < len || view_find(text, '$', len + 1) < text.len;
}

/* {SCHEME}…, as RFC 2307 and Spring write it. */
static bool is_braced(struct view text)
{
    size_t len = count_first(view_sub(text, 1, text.len), is_id_char);
    return text.len > len + 2 && text.at[0] == '{' && len > 0 && text.at[len + 1] == '}';
}

static bool has_hex_digest(struct view text)
{
    for (size_t at = 0; at < text.len; at++) {
        size_t len = count_first(view_sub(text, at, text.len), is_hex);
        if (len >= DIGEST_HEX_MIN) {
            return true;
        }
        at += len;
    }
    return false;
}

/* Digits, small and large letters: not words with hyphens between them. */
static bool is_mixed(struct view text)
{
    bool has_lower = false;
    bool has_upper = false;
    bool has_digit = false;
    for (size_t i = 0; i < text.len; i++) {
        has_lower = has_lower || is_lower(text.at[i]);
        has_upper = has_upper || is_upper(text.at[i]);
        has_digit = has_digit || is_digit(text.at[i]);
    }
    return has_lower && has_upper && has_digit;
}

/* With its padding; without, only as long as a digest of 256 or 512 bits is. */
static bool is_base64_digest(struct view text)
{
    size_t len = count_first(text, is_base64);
    size_t padding = text.len - len;
    if (padding == 0) {
        return (len == 43 || len == 86) && is_mixed(text);
    }
    return padding <= 2 && text.len % 4 == 0 && text.len >= DIGEST_BASE64_MIN &&
           text.at[len] == '=' && text.at[text.len - 1] == '=';
}

/* Beside a salt, or alone. */
static bool has_base64_digest(struct view text)
{
    size_t from = 0;
    for (size_t at = 0; at <= text.len; at++) {
        if (at < text.len && strchr(":.;,|", text.at[at]) == NULL) {
            continue;
        }
        if (is_base64_digest(view_sub(text, from, at - from))) {
            return true;
        }
        from = at + 1;
    }
    return false;
}

static bool is_unusable(struct view text)
{
    return text.len == 1 + UNUSABLE_CHARS && text.at[0] == '!' &&
           count_first(view_sub(text, 1, text.len), is_alnum) == UNUSABLE_CHARS;
}

bool import_password_is_hash(struct view password)
{
    struct view text = view_trim(password); /* columns of a fixed width */
    /* No hash has a space in it, and sentences are good passwords. */
    if (text.len == 0 || view_find(text, ' ', 0) < text.len) {
        return false;
    }
    return has_known_start(text) || is_modular(text) || is_named(text) || is_braced(text) ||
           has_hex_digest(text) || has_base64_digest(text) || is_unusable(text);
}
