#include "api/decode_json.h"

#include <string.h>

#include "api/json_text.h"
#include "base/json_depth.h"
#include "base/utf8.h"

static void release_json(json_t **json)
{
    json_decref(*json);
}

static enum result unreadable(struct decoding *d, const char *detail)
{
    d->detail = view_of(detail);
    return RESULT_MALFORMED_JSON;
}

/* What the parser would let through or answer too late (CHECKLIST 0, J04, J06, J07). */
static enum result precheck(struct decoding *d, struct view body)
{
    if (body.len > 0 && memchr(body.at, '\0', body.len) != NULL) {
        return unreadable(d, "The body holds a NUL byte.");
    }
    if (!utf8_is_valid(body)) {
        return unreadable(d, "The body is not UTF-8.");
    }
    if (!json_depth_is_within(body, DECODE_DEPTH_MAX)) {
        return unreadable(d, "The body is nested too deeply.");
    }
    return RESULT_OK;
}

static const char *reason_of(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_duplicate_key) {
        return "A member comes twice.";
    }
    if (code == json_error_numeric_overflow) {
        return "A number is out of range.";
    }
    if (code == json_error_null_character) {
        return "A text holds a NUL character.";
    }
    return NULL;
}

static void apply_object(struct decoding *d, const struct field *field, const json_t *value)
{
    struct view text;
    if (json_text_write(value, field->max_bytes, d->arena, &text)) {
        decode_object(d, field, text);
    } else {
        decode_fault(d, field, "too_long", VIEW("It is too large."));
    }
}

static void apply_list(struct decoding *d, const struct field *field, const json_t *value)
{
    size_t count = json_array_size(value);
    struct view *items = arena_take_array(d->arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(value, i);
        if (items == NULL || !json_is_string(item)) {
            decode_wrong_type(d, field);
            return;
        }
        items[i] =
            arena_copy_view(d->arena, view_make(json_string_value(item), json_string_length(item)));
    }
    decode_list(d, field, items, count);
}

static void apply_string(struct decoding *d, const struct field *field, const json_t *value)
{
    struct view text = view_make(json_string_value(value), json_string_length(value));
    decode_text(d, field, arena_copy_view(d->arena, text));
}

static void apply(struct decoding *d, const struct field *field, const json_t *value)
{
    if (json_is_null(value)) {
        decode_null(d, field);
    } else if (json_is_string(value)) {
        apply_string(d, field, value);
    } else if (json_is_integer(value)) {
        decode_integer(d, field, json_integer_value(value));
    } else if (json_is_real(value)) {
        decode_real(d, field, json_real_value(value));
    } else if (json_is_boolean(value)) {
        decode_boolean(d, field, json_is_true(value));
    } else if (json_is_object(value) && field->kind == FIELD_OBJECT) {
        apply_object(d, field, value);
    } else if (json_is_array(value) && field->kind == FIELD_TEXT_LIST) {
        apply_list(d, field, value);
    } else {
        decode_wrong_type(d, field);
    }
}

static enum result apply_members(struct decoding *d, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const struct field *field = decode_find(d, view_of(key));
        if (field != NULL && decode_mark(d, field)) {
            apply(d, field, value);
        } else if (!d->table->ignore_unknown && !d->table->lax) {
            decode_unknown(d, view_of(key));
        }
    }
    return decode_end(d);
}

enum result decode_json_load(struct decoding *d, struct view body, json_t **out)
{
    json_error_t error;
    enum result result = precheck(d, body);
    if (result != RESULT_OK) {
        return result;
    }
    *out = json_loadb(body.at != NULL ? body.at : "", body.len,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    return *out != NULL ? RESULT_OK : unreadable(d, reason_of(&error));
}

enum result decode_json_value(struct decoding *d, json_t *root)
{
    if (!decode_begin(d)) {
        return RESULT_INTERNAL;
    }
    if (!json_is_object(root)) {
        faults_add(d->faults, NULL, "wrong_type", VIEW("The body must be an object."));
        d->faults->items[0].expected = "object";
        return RESULT_INVALID;
    }
    return apply_members(d, root);
}

enum result decode_json(struct decoding *d, struct view body)
{
    CLEANUP(release_json)
    json_t *root = NULL;
    enum result result = decode_json_load(d, body, &root);
    return result == RESULT_OK ? decode_json_value(d, root) : result;
}
