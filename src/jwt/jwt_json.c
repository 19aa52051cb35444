#include "jwt/jwt_json.h"

#include "base/json_depth.h"

/* jansson's own limit is 2048 levels, each a frame on the stack. */
#define DEPTH_MAX 16

json_t *jwt_json_object(struct view text)
{
    json_t *object;

    /* jansson swallows a raw NUL after a number. */
    if (view_is_empty(text) || view_find(text, '\0', 0) < text.len ||
        !json_depth_is_within(text, DEPTH_MAX)) {
        return NULL;
    }
    object = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object)) {
        return object;
    }
    json_decref(object);
    return NULL;
}

struct view jwt_json_value(const json_t *value)
{
    if (!json_is_string(value)) {
        return (struct view){NULL, 0};
    }
    return view_make(json_string_value(value), json_string_length(value));
}

struct view jwt_json_text(const json_t *object, const char *name)
{
    return jwt_json_value(json_object_get(object, name));
}
