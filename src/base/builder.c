#include "base/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define FIRST_CAPACITY_BYTES 256
#define FORMAT_ON_STACK_BYTES 512

void builder_init(struct builder *b, struct arena *arena, size_t max_bytes)
{
    *b = (struct builder){.max_bytes = max_bytes, .arena = arena};
}

void builder_init_fixed(struct builder *b, char *buffer, size_t size)
{
    *b = (struct builder){.at = buffer, .capacity = size, .max_bytes = size};
}

static size_t next_capacity(const struct builder *b, size_t need)
{
    size_t capacity = b->capacity == 0 ? FIRST_CAPACITY_BYTES : b->capacity;
    while (capacity < need && capacity < b->max_bytes) {
        capacity = capacity > b->max_bytes / 2 ? b->max_bytes : capacity * 2;
    }
    return capacity < b->max_bytes ? capacity : b->max_bytes;
}

/* Makes room for more bytes behind len, or fails for good. */
static bool reserve(struct builder *b, size_t more)
{
    if (b->failed) {
        return false;
    }
    if (more <= b->capacity - b->len) {
        return true;
    }
    if (b->arena == NULL || more > b->max_bytes - b->len) {
        b->failed = true;
        return false;
    }
    size_t capacity = next_capacity(b, b->len + more);
    char *grown = arena_take(b->arena, capacity);
    if (grown == NULL) {
        b->failed = true;
        return false;
    }
    if (b->len > 0) {
        memcpy(grown, b->at, b->len);
    }
    b->at = grown;
    b->capacity = capacity;
    return true;
}

void builder_add(struct builder *b, struct view text)
{
    if (text.len == 0 || !reserve(b, text.len)) {
        return;
    }
    memcpy(b->at + b->len, text.at, text.len);
    b->len += text.len;
}

void builder_text(struct builder *b, const char *text)
{
    builder_add(b, view_of(text));
}

void builder_char(struct builder *b, char c)
{
    if (reserve(b, 1)) {
        b->at[b->len++] = c;
    }
}

void builder_int(struct builder *b, int64_t value)
{
    char digits[20]; /* INT64_MIN: a minus and 19 digits */
    size_t start = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--start] = '-';
    }
    builder_add(b, view_make(digits + start, sizeof digits - start));
}

void builder_format(struct builder *b, const char *format, ...)
{
    char small[FORMAT_ON_STACK_BYTES];
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(small, sizeof small, format, arguments);
    if (len < 0) {
        b->failed = true;
    } else if ((size_t)len < sizeof small) {
        builder_add(b, view_make(small, (size_t)len));
    } else if (reserve(b, (size_t)len + 1)) { /* vsnprintf writes a NUL, which is not counted */
        (void)vsnprintf(b->at + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    va_end(arguments);
}

static bool is_plain(uint32_t code_point)
{
    return code_point != '"' && code_point != '\\' && !utf8_is_hidden(code_point);
}

/* The printable characters of ASCII without the quote and the backslash, a bit for each. */
static const uint64_t plain_ascii[] = {0xfffffffb00000000, 0x7fffffffefffffff, 0, 0};

/* Bytes at the start of text that may stand in a JSON string as they are. */
static size_t plain_run(struct view text)
{
    size_t i = 0;
    while (i < text.len) {
        uint8_t c = (uint8_t)text.at[i];
        if ((plain_ascii[c / 64] >> (c % 64) & 1) != 0) {
            i++;
            continue;
        }
        uint32_t code_point;
        size_t size = utf8_decode(view_sub(text, i, text.len), &code_point);
        if (size == 0 || !is_plain(code_point)) {
            break;
        }
        i += size;
    }
    return i;
}

static void add_escape(struct builder *b, uint32_t code_point)
{
    static const char short_forms[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                          {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
    for (size_t i = 0; i < ARRAY_LEN(short_forms); i++) {
        if (code_point == (uint32_t)short_forms[i][0]) {
            builder_char(b, '\\');
            builder_char(b, short_forms[i][1]);
            return;
        }
    }
    static const char hex[] = "0123456789abcdef";
    char escape[] = {'\\',
                     'u',
                     hex[code_point >> 12 & 15],
                     hex[code_point >> 8 & 15],
                     hex[code_point >> 4 & 15],
                     hex[code_point & 15]};
    builder_add(b, view_make(escape, sizeof escape)); /* no hidden character is above U+FFFF */
}

void builder_json(struct builder *b, struct view text)
{
    builder_char(b, '"');
    while (text.len > 0) {
        size_t run = plain_run(text);
        builder_add(b, view_make(text.at, run));
        if (run == text.len) {
            break;
        }
        text = view_sub(text, run, text.len);
        uint32_t code_point;
        size_t size = utf8_decode(text, &code_point);
        if (size > 0) {
            add_escape(b, code_point);
        } else if (text.len > 0) {
            builder_text(b, "\xEF\xBF\xBD");
        }
        text = view_sub(text, size > 0 ? size : 1, text.len);
    }
    builder_char(b, '"');
}

bool builder_end(const struct builder *b, struct view *out)
{
    if (b->failed) {
        return false;
    }
    *out = view_make(b->at != NULL ? b->at : "", b->len);
    return true;
}
