/* Reading of test vectors: JSON files below VECTORS_DIR. Any failure ends the test program. */
#ifndef LATCHKEY_TESTS_UNIT_VECTORS_H
#define LATCHKEY_TESTS_UNIT_VECTORS_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/base64url.h"
#include "base/view.h"

/* The caller gives it back with json_decref. */
static inline json_t *vectors_load(const char *name)
{
    char path[1024];
    json_error_t error;
    json_t *root;

    snprintf(path, sizeof(path), "%s/%s", VECTORS_DIR, name);
    root = json_load_file(path, 0, &error);
    if (root == NULL) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        abort();
    }
    return root;
}

/* The text of a member; the empty view when there is none. */
static inline struct view vectors_text(const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);

    return view_make(json_string_value(text), json_string_length(text));
}

static inline unsigned vectors_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    if (found == NULL)
        abort();
    return (unsigned)(found - digits);
}

static inline struct view vectors_unhex(struct arena *arena, struct view hex)
{
    char *bytes = arena_take(arena, hex.len / 2 + 1);

    if (bytes == NULL || hex.len % 2 != 0)
        abort();
    for (size_t i = 0; i < hex.len / 2; i++)
        bytes[i] = (char)(vectors_digit(hex.at[2 * i]) << 4 | vectors_digit(hex.at[2 * i + 1]));
    return view_make(bytes, hex.len / 2);
}

static inline struct view vectors_unbase64(struct arena *arena, struct view text)
{
    char *bytes = arena_take(arena, text.len + 1);
    size_t len;

    if (bytes == NULL || !base64url_decode(text, bytes, &len))
        abort();
    return view_make(bytes, len);
}

#endif
