#include "base/decimal.h"

#include <assert.h>

/* The digits up to `end` as a number; false when there are none, too many, or other characters. */
static bool read_digits(struct view digits, size_t max, int64_t *out)
{
    if (digits.len == 0 || digits.len > max) {
        return false;
    }
    int64_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.at[i];
        if (c < '0' || c > '9') {
            return false;
        }
        number = number * 10 + (c - '0');
    }
    *out = number;
    return true;
}

bool decimal_parse(struct view text, struct decimal *out)
{
    size_t point = view_find(text, '.', 0);
    struct view whole = view_sub(text, 0, point);
    struct view behind = view_sub(text, point + 1, SIZE_MAX);
    int64_t units = 0;
    int64_t part = 0;
    if (!read_digits(whole, DECIMAL_WHOLE_DIGITS_MAX, &units) ||
        (whole.len > 1 && whole.at[0] == '0')) {
        return false;
    }
    if (point < text.len && !read_digits(behind, DECIMAL_PLACES_MAX, &part)) {
        return false;
    }
    for (size_t i = 0; i < DECIMAL_PLACES_MAX; i++) {
        units *= 10;
        part *= i < behind.len ? 1 : 10;
    }
    *out = (struct decimal){.units = units + part, .places = (int)behind.len};
    return true;
}

struct view decimal_format(const struct decimal *decimal, char out[DECIMAL_TEXT_SIZE])
{
    assert(decimal->units >= 0 && decimal->units <= DECIMAL_UNITS_MAX);
    assert(decimal->places >= 0 && decimal->places <= DECIMAL_PLACES_MAX);
    int64_t rest = decimal->units;
    char *at = out + DECIMAL_TEXT_SIZE - 1;
    for (int i = DECIMAL_PLACES_MAX; i > decimal->places; i--) {
        rest /= 10;
    }
    *at = '\0';
    /* From behind: the places, the point, and at least one digit before it. */
    for (int i = 0; i < decimal->places; i++, rest /= 10) {
        *--at = (char)('0' + rest % 10);
    }
    if (decimal->places > 0) {
        *--at = '.';
    }
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return view_make(at, (size_t)(out + DECIMAL_TEXT_SIZE - 1 - at));
}
