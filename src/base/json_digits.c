#include "base/json_digits.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* Reads valid JSON from `at` on. */
struct reader {
    struct view text;
    size_t at;
};

static char peek(const struct reader *r)
{
    return r->at < r->text.len ? r->text.at[r->at] : '\0';
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r' || peek(r) == '\n') {
        r->at++;
    }
}

/* From the opening quote to behind the closing one; what stands between. */
static struct view take_string(struct reader *r)
{
    size_t start = ++r->at;
    while (r->at < r->text.len && peek(r) != '"') {
        r->at += peek(r) == '\\' ? 2 : 1;
    }
    struct view inside = view_sub(r->text, start, r->at - start);
    r->at++;
    return inside;
}

/* To the comma or bracket behind the value. */
static void skip_value(struct reader *r)
{
    size_t depth = 0;
    while (r->at < r->text.len) {
        char c = peek(r);
        if (c == '"') {
            (void)take_string(r);
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}')) {
            return;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        r->at++;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(struct reader *r)
{
    size_t count = 0;
    size_t needed = 0;
    r->at += peek(r) == '-';
    for (; is_digit(peek(r)) || peek(r) == '.'; r->at++) {
        char c = peek(r);
        count += is_digit(c) && (count > 0 || c != '0');
        needed = is_digit(c) && c != '0' ? count : needed;
    }
    return needed;
}

size_t json_digits_of_member(struct view object, struct view name)
{
    struct reader r = {.text = object};
    skip_blanks(&r);
    while (r.at < object.len && (peek(&r) == '{' || peek(&r) == ',')) {
        r.at++;
        skip_blanks(&r);
        if (peek(&r) != '"') {
            return SIZE_MAX;
        }
        bool wanted = view_equal(take_string(&r), name);
        skip_blanks(&r);
        r.at++; /* the colon */
        skip_blanks(&r);
        if (wanted) {
            return count_digits(&r);
        }
        skip_value(&r);
    }
    return SIZE_MAX;
}
