#include "jwt/jwt_plain.h"

#include <stddef.h>

#define DIGITS_MAX 15

bool jwt_plain_take(struct view *rest, struct view wanted)
{
    if (!view_starts_with(*rest, wanted)) {
        return false;
    }
    *rest = view_sub(*rest, wanted.len, rest->len);
    return true;
}

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

bool jwt_plain_text(struct view *rest, struct view *out)
{
    size_t len = 0;

    while (len < rest->len && is_plain(rest->at[len])) {
        len++;
    }
    if (len == 0 || len == rest->len || rest->at[len] != '"') {
        return false;
    }
    *out = view_sub(*rest, 0, len);
    *rest = view_sub(*rest, len + 1, rest->len);
    return true;
}

bool jwt_plain_number(struct view *rest, int64_t *out)
{
    size_t len = 0;
    int64_t number = 0;

    while (len < rest->len && len <= DIGITS_MAX && rest->at[len] >= '0' && rest->at[len] <= '9') {
        number = number * 10 + (rest->at[len] - '0');
        len++;
    }
    if (len == 0 || len > DIGITS_MAX || (len > 1 && rest->at[0] == '0')) {
        return false;
    }
    *out = number;
    *rest = view_sub(*rest, len, rest->len);
    return true;
}
