#include "jwt/jwt_json.h"

#define DEPTH_MAX 16

/* jansson's own limit is 2048 levels, each a frame on the stack; ours is looked at before it runs.
 */
static bool is_shallow(struct view text)
{
    bool in_string = false;
    size_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            i += c == '\\'; /* skips the escaped character */
        else if ((c == '[' || c == '{') && ++depth > DEPTH_MAX)
            return false;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return true;
}

json_t *jwt_json_object(struct view text)
{
    json_t *object;

    /* jansson swallows a raw NUL after a number. */
    if (view_is_empty(text) || view_find(text, '\0', 0) < text.len || !is_shallow(text))
        return NULL;
    object = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

struct view jwt_json_value(const json_t *value)
{
    if (!json_is_string(value))
        return (struct view){NULL, 0};
    return view_make(json_string_value(value), json_string_length(value));
}

struct view jwt_json_text(const json_t *object, const char *name)
{
    return jwt_json_value(json_object_get(object, name));
}
