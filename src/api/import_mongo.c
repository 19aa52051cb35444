#include "api/import_mongo.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/real.h"
#include "base/utf8.h"

/* A stored hash is far shorter. */
#define BINARY_MAX_BYTES 1024

static json_t *copy_text(const json_t *value)
{
    return json_is_string(value) ? json_stringn(json_string_value(value), json_string_length(value))
                                 : NULL;
}

static bool read_integer(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    return json_is_string(value) && view_to_int64(view_of(json_string_value(value)), out);
}

static json_t *integer_of(const json_t *value)
{
    int64_t number;
    return read_integer(value, &number) ? json_integer(number) : NULL;
}

static json_t *whole_of(double number)
{
    int64_t whole;
    return real_to_int64(number, &whole) ? json_integer(whole) : NULL;
}

static json_t *double_of(const json_t *value)
{
    const char *text = json_string_value(value);
    char *end = NULL;
    double number = text != NULL ? strtod(text, &end) : 0;
    return text != NULL && end != text && *end == '\0' ? whole_of(number) : NULL;
}

/* A text; or milliseconds, as a number or as {"$numberLong": "…"}. */
static json_t *date_of(const json_t *value)
{
    const json_t *inner = json_object_get(value, "$numberLong");
    int64_t instant_ms;
    char text[CLOCK_TEXT_SIZE];
    if (json_is_string(value)) {
        return copy_text(value);
    }
    if (!read_integer(inner != NULL ? inner : value, &instant_ms)) {
        return NULL;
    }
    clock_format(instant_ms, text);
    return json_string(text);
}

/* Base64 with its padding into our decoder's alphabet without. */
static struct view without_padding(const json_t *base64, char *copy, size_t size)
{
    size_t len = json_string_length(base64);
    if (!json_is_string(base64) || len >= size) {
        return (struct view){NULL, 0};
    }
    memcpy(copy, json_string_value(base64), len);
    while (len > 0 && copy[len - 1] == '=') {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        copy[i] = (char)(copy[i] == '+' ? '-' : copy[i] == '/' ? '_' : copy[i]);
    }
    return view_make(copy, len);
}

/* bcrypt gives bytes, and some keep them as such. */
static json_t *binary_of(const json_t *value)
{
    const json_t *base64 = json_is_object(value) ? json_object_get(value, "base64") : value;
    char copy[BASE64URL_LENGTH(BINARY_MAX_BYTES) + 4];
    char bytes[sizeof copy];
    size_t len = 0;
    struct view text = without_padding(base64, copy, sizeof copy);
    if (text.at == NULL || !base64url_decode(text, bytes, &len)) {
        return NULL;
    }
    bool good = utf8_is_valid(view_make(bytes, len)) && memchr(bytes, '\0', len) == NULL;
    return good ? json_stringn(bytes, len) : NULL;
}

static const struct {
    const char *key;
    json_t *(*read)(const json_t *value);
} forms[] = {
    {"$oid", copy_text},        {"$uuid", copy_text},        {"$date", date_of},
    {"$numberInt", integer_of}, {"$numberLong", integer_of}, {"$numberDouble", double_of},
    {"$binary", binary_of},
};

json_t *import_mongo_plain(const json_t *value)
{
    if (json_is_real(value)) {
        return whole_of(json_real_value(value)); /* the shell's numbers are doubles */
    }
    for (size_t i = 0; json_is_object(value) && i < ARRAY_LEN(forms); i++) {
        const json_t *inner = json_object_get(value, forms[i].key);
        if (inner != NULL) {
            return forms[i].read(inner);
        }
    }
    return NULL;
}

struct view import_mongo_object_id(struct view text)
{
    struct view start = VIEW("ObjectId(");
    if (!view_starts_with(text, start) || !view_ends_with(text, VIEW(")"))) {
        return text;
    }
    return view_sub(text, start.len, text.len - start.len - 1);
}
