#include "api/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/builder.h"

/* "-1.7976931348623157e+308" and ".0" */
#define REAL_SIZE 32
/* Digits that always give a double back (17), and those that mostly do. */
#define REAL_DIGITS_MIN 15
#define REAL_DIGITS_MAX 17

static void write_value(struct builder *b, const json_t *value);

/* The shortest digits that read back as the same number; it stays recognisable as no integer. */
static void write_real(struct builder *b, double number)
{
    char text[REAL_SIZE];
    for (int digits = REAL_DIGITS_MIN; digits <= REAL_DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, number);
        if (memcmp(&(double){strtod(text, NULL)}, &number, sizeof number) == 0) {
            break;
        }
    }
    builder_text(b, text);
    if (strpbrk(text, ".e") == NULL) {
        builder_text(b, ".0");
    }
}

static void write_array(struct builder *b, const json_t *array)
{
    builder_char(b, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0) {
            builder_char(b, ',');
        }
        write_value(b, json_array_get(array, i));
    }
    builder_char(b, ']');
}

static void write_object(struct builder *b, const json_t *object)
{
    builder_char(b, '{');
    bool first = true;
    /* jansson's iterators take no const, but change nothing. */
    json_t *members = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(members); i != NULL; i = json_object_iter_next(members, i)) {
        if (!first) {
            builder_char(b, ',');
        }
        first = false;
        builder_json(b, view_of(json_object_iter_key(i)));
        builder_char(b, ':');
        write_value(b, json_object_iter_value(i));
    }
    builder_char(b, '}');
}

static void write_value(struct builder *b, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(b, value);
        return;
    case JSON_ARRAY:
        write_array(b, value);
        return;
    case JSON_STRING:
        builder_json(b, view_make(json_string_value(value), json_string_length(value)));
        return;
    case JSON_INTEGER:
        builder_int(b, json_integer_value(value));
        return;
    case JSON_REAL:
        write_real(b, json_real_value(value));
        return;
    case JSON_TRUE:
        builder_text(b, "true");
        return;
    case JSON_FALSE:
        builder_text(b, "false");
        return;
    case JSON_NULL:
        builder_text(b, "null");
        return;
    }
}

bool json_text_write(const json_t *value, size_t max_bytes, struct arena *arena, struct view *out)
{
    struct builder b;
    builder_init(&b, arena, max_bytes != 0 ? max_bytes : SIZE_MAX);
    write_value(&b, value);
    return builder_end(&b, out);
}
