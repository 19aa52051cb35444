#include "base/view.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool view_equal_nocase(struct view a, struct view b)
{
    if (a.len != b.len) {
        return false;
    }
    /* Names of headers nearly always come as they are written. */
    if (view_equal(a, b)) {
        return true;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool view_starts_with(struct view v, struct view prefix)
{
    return v.len >= prefix.len && view_equal(view_sub(v, 0, prefix.len), prefix);
}

bool view_ends_with(struct view v, struct view suffix)
{
    return v.len >= suffix.len && view_equal(view_sub(v, v.len - suffix.len, suffix.len), suffix);
}

size_t view_find(struct view v, char c, size_t from)
{
    if (from >= v.len) {
        return v.len;
    }
    const char *found = memchr(v.at + from, c, v.len - from);
    return found == NULL ? v.len : (size_t)(found - v.at);
}

size_t view_find_last(struct view v, char c)
{
    const char *found = v.len > 0 ? memrchr(v.at, c, v.len) : NULL;
    return found == NULL ? v.len : (size_t)(found - v.at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct view view_trim(struct view v)
{
    while (v.len > 0 && is_blank(v.at[0])) {
        v = view_sub(v, 1, v.len);
    }
    while (v.len > 0 && is_blank(v.at[v.len - 1])) {
        v.len--;
    }
    return v;
}

bool view_split(struct view *rest, char separator, struct view *part)
{
    if (rest->at == NULL) {
        return false;
    }
    size_t end = view_find(*rest, separator, 0);
    *part = view_sub(*rest, 0, end);
    *rest = end == rest->len ? (struct view){NULL, 0} : view_sub(*rest, end + 1, rest->len);
    return true;
}

bool view_to_int64(struct view v, int64_t *out)
{
    bool negative = view_starts_with(v, VIEW("-"));
    struct view digits = view_sub(v, negative ? 1 : 0, v.len);
    if (digits.len == 0) {
        return false;
    }
    if (digits.at[0] == '0' && v.len > 1) { /* "-0", "007" */
        return false;
    }
    int64_t value = 0; /* kept at or below 0: INT64_MIN has no positive twin */
    for (size_t i = 0; i < digits.len; i++) {
        int digit = digits.at[i] - '0';
        if (digit < 0 || digit > 9) {
            return false;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *out = negative ? value : -value;
    return true;
}
