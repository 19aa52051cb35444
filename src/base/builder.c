#include "base/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digits.h"
#include "base/utf8.h"

#define FIRST_CAPACITY_BYTES 512
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

bool builder_grow(struct builder *b, size_t more)
{
    if (b->failed || b->arena == NULL || more > b->max_bytes - b->len) {
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

void builder_int(struct builder *b, int64_t value)
{
    char digits[20]; /* INT64_MIN: a minus and 19 digits */
    size_t start = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    while (rest >= 10) {
        start -= 2;
        digits_put_pair(digits + start, (unsigned)(rest % 100));
        rest /= 100;
    }
    if (rest > 0 || start == sizeof digits) {
        digits[--start] = (char)('0' + rest);
    }
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
    } else if (builder_reserve(b, (size_t)len +
                                      1)) { /* vsnprintf writes a NUL, which is not counted */
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

#define WORD_BYTES sizeof(uint64_t)
#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS (EACH_BYTE * 0x80)

/* Not zero when one of the eight bytes is zero. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE) & ~word & HIGH_BITS;
}

/* True when all eight bytes are printable ASCII without the quote and the backslash. */
static bool is_plain_word(uint64_t word)
{
    uint64_t controls = (word - EACH_BYTE * 0x20) & ~word;
    uint64_t others = word | (word + EACH_BYTE); /* from 0x80 on, and DEL */
    return ((controls | others) & HIGH_BITS) == 0 && zero_bytes(word ^ EACH_BYTE * '"') == 0 &&
           zero_bytes(word ^ EACH_BYTE * '\\') == 0;
}

static bool is_plain_ascii(uint8_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static bool is_plain_word_at(struct view text, size_t i)
{
    uint64_t word;
    memcpy(&word, text.at + i, sizeof word);
    return is_plain_word(word);
}

/* The end of the printable ASCII from i on: most texts are nothing else. The last word of a text
   begins wherever it ends with it. */
static size_t skip_plain_ascii(struct view text, size_t i)
{
    while (text.len - i >= WORD_BYTES && is_plain_word_at(text, i)) {
        i += WORD_BYTES;
    }
    if (text.len >= WORD_BYTES && text.len - i < WORD_BYTES &&
        is_plain_word_at(text, text.len - WORD_BYTES)) {
        return text.len;
    }
    while (i < text.len && is_plain_ascii((uint8_t)text.at[i])) {
        i++;
    }
    return i;
}

/* Bytes at the start of text that may stand in a JSON string as they are. */
static size_t plain_run(struct view text)
{
    size_t i = skip_plain_ascii(text, 0);
    while (i < text.len) {
        uint32_t code_point;
        size_t size = utf8_decode(view_sub(text, i, text.len), &code_point);
        if (size == 0 || !is_plain(code_point)) {
            break;
        }
        i = skip_plain_ascii(text, i + size);
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

/* What is in the way of a plain run: an escape, or bytes that are no UTF-8. */
static void add_odd(struct builder *b, struct view *rest)
{
    uint32_t code_point;
    size_t size = utf8_decode(*rest, &code_point);
    if (size > 0) {
        add_escape(b, code_point);
    } else {
        builder_text(b, "\xEF\xBF\xBD");
    }
    *rest = view_sub(*rest, size > 0 ? size : 1, rest->len);
}

void builder_json(struct builder *b, struct view text)
{
    size_t run = plain_run(text);
    if (run == text.len) {
        builder_quoted(b, text);
        return;
    }
    builder_char(b, '"');
    while (text.len > 0) {
        builder_add(b, view_sub(text, 0, run));
        text = view_sub(text, run, text.len);
        if (text.len > 0) {
            add_odd(b, &text);
        }
        run = plain_run(text);
    }
    builder_char(b, '"');
}

void builder_quoted(struct builder *b, struct view plain)
{
    if (builder_reserve(b, plain.len + 2)) {
        b->at[b->len++] = '"';
        builder_add(b, plain);
        b->at[b->len++] = '"';
    }
}

/* Both write the text where it stays; its NUL is where the closing quote comes. */

void builder_instant(struct builder *b, int64_t instant_ms)
{
    if (builder_reserve(b, CLOCK_TEXT_SIZE + 1)) {
        char *at = b->at + b->len;
        at[0] = '"';
        clock_format(instant_ms, at + 1);
        at[CLOCK_TEXT_SIZE] = '"';
        b->len += CLOCK_TEXT_SIZE + 1;
    }
}

void builder_id(struct builder *b, const struct id *id)
{
    if (builder_reserve(b, ID_TEXT_SIZE + 1)) {
        char *at = b->at + b->len;
        at[0] = '"';
        id_format(id, at + 1);
        at[ID_TEXT_SIZE] = '"';
        b->len += ID_TEXT_SIZE + 1;
    }
}

void builder_member(struct builder *b, char before, const char *name)
{
    size_t len = strlen(name);
    if (!builder_reserve(b, len + 4)) {
        return;
    }
    char *at = b->at + b->len;
    at[0] = before;
    at[1] = '"';
    memcpy(at + 2, name, len);
    at[len + 2] = '"';
    at[len + 3] = ':';
    b->len += len + 4;
}

bool builder_end(const struct builder *b, struct view *out)
{
    if (b->failed) {
        return false;
    }
    *out = view_make(b->at != NULL ? b->at : "", b->len);
    return true;
}
