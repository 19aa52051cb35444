/* Output text with a maximum and a sticky failure: write on, look once at the end. Not thread-safe.
 */
#ifndef LATCHKEY_BASE_BUILDER_H
#define LATCHKEY_BASE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/view.h"

struct builder {
    char *at;
    size_t len;
    size_t capacity;
    size_t max_bytes;
    struct arena *arena; /* NULL: the buffer is the caller's and does not grow */
    bool failed;
};

/* Grows in the arena up to max_bytes. */
void builder_init(struct builder *b, struct arena *arena, size_t max_bytes);
/* Writes into the caller's buffer of size bytes. */
void builder_init_fixed(struct builder *b, char *buffer, size_t size);
/* Makes room for more bytes behind len where there is not enough, or fails for good. */
MUST_CHECK bool builder_grow(struct builder *b, size_t more);

/* True with room for more bytes behind len, which the caller then writes and counts. */
MUST_CHECK static inline bool builder_reserve(struct builder *b, size_t more)
{
    return (!b->failed && more <= b->capacity - b->len) || builder_grow(b, more);
}

/* Each of these adds the whole text or fails for good; NULL and the empty view add nothing. */
static inline void builder_add(struct builder *b, struct view text)
{
    if (text.len > 0 && builder_reserve(b, text.len)) {
        memcpy(b->at + b->len, text.at, text.len);
        b->len += text.len;
    }
}

static inline void builder_text(struct builder *b, const char *text)
{
    builder_add(b, view_of(text));
}

static inline void builder_char(struct builder *b, char c)
{
    if (builder_reserve(b, 1)) {
        b->at[b->len++] = c;
    }
}

void builder_int(struct builder *b, int64_t value);
/* printf's text; of 512 bytes or more it needs one byte more room than it fills. */
void builder_format(struct builder *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* A JSON string with its quotes (RFC 8259 section 7); characters of utf8_is_hidden are \u-escaped,
   bytes that are no UTF-8 become U+FFFD. */
void builder_json(struct builder *b, struct view text);
/* A JSON string of text that is printable ASCII without quotes and backslashes: a word of ours. */
void builder_quoted(struct builder *b, struct view plain);
/* In quotes: an instant as clock_format writes it, an id as id_format does. */
void builder_instant(struct builder *b, int64_t instant_ms);
void builder_id(struct builder *b, const struct id *id);
/* What stands before the value of a member of a JSON object: before ('{' or ','), the name in
   quotes, a colon. The name is printable ASCII without quotes and backslashes. */
void builder_member(struct builder *b, char before, const char *name);
/* True when everything fitted; the view stays valid as long as the memory under it. */
MUST_CHECK bool builder_end(const struct builder *b, struct view *out);

#endif
