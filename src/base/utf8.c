#include "base/utf8.h"

#include <string.h>

#include "base/attributes.h"

/* What each kind of lead byte says: RFC 3629 section 3. min refuses overlong forms. */
static const struct lead {
    uint8_t mask, bits;
    uint8_t size;
    uint32_t min;
} leads[] = {
    {.mask = 0x80, .bits = 0x00, .size = 1, .min = 0},
    {.mask = 0xE0, .bits = 0xC0, .size = 2, .min = 0x80},
    {.mask = 0xF0, .bits = 0xE0, .size = 3, .min = 0x800},
    {.mask = 0xF8, .bits = 0xF0, .size = 4, .min = 0x10000},
};

static const struct range {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x061C, 0x061C}, {0x200B, 0x200F},
    {0x2028, 0x202E}, {0x2060, 0x2060}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
};

static const struct lead *find_lead(uint8_t byte)
{
    for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
        if ((byte & leads[i].mask) == leads[i].bits) {
            return &leads[i];
        }
    }
    return NULL;
}

size_t utf8_decode(struct view v, uint32_t *code_point)
{
    if (v.len == 0) {
        return 0;
    }
    const struct lead *lead = find_lead((uint8_t)v.at[0]);
    if (lead == NULL || lead->size > v.len) {
        return 0;
    }
    uint32_t value = (uint8_t)v.at[0] & (uint8_t)~lead->mask;
    for (size_t i = 1; i < lead->size; i++) {
        uint8_t byte = (uint8_t)v.at[i];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (byte & 0x3F);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < lead->min || value > 0x10FFFF || surrogate) {
        return 0;
    }
    *code_point = value;
    return lead->size;
}

/* Characters of ASCII, 32 or eight at once: most texts are nothing else. */
static size_t skip_ascii(struct view v, size_t i)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t words[4];
    while (v.len - i >= sizeof words) {
        memcpy(words, v.at + i, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) {
            break;
        }
        i += sizeof words;
    }
    while (v.len - i >= sizeof words[0]) {
        memcpy(words, v.at + i, sizeof words[0]);
        if ((words[0] & high_bits) != 0) {
            break;
        }
        i += sizeof words[0];
    }
    while (i < v.len && (v.at[i] & 0x80) == 0) {
        i++;
    }
    return i;
}

bool utf8_is_valid(struct view v)
{
    uint32_t code_point;
    for (size_t i = skip_ascii(v, 0); i < v.len; i = skip_ascii(v, i)) {
        size_t size = utf8_decode(view_sub(v, i, v.len), &code_point);
        if (size == 0) {
            return false;
        }
        i += size;
    }
    return true;
}

size_t utf8_length(struct view v)
{
    size_t count = 0;
    for (size_t i = 0; i < v.len; i++) {
        count += ((uint8_t)v.at[i] & 0xC0) != 0x80; /* all but continuation bytes */
    }
    return count;
}

/* RFC 3629 section 3. */
bool utf8_next(struct view *rest, uint32_t *code_point)
{
    if (rest->len == 0) {
        return false;
    }
    size_t size = utf8_decode(*rest, code_point);
    if (size == 0) {
        *code_point = UTF8_REPLACEMENT;
        size = 1;
    }
    *rest = view_sub(*rest, size, rest->len);
    return true;
}

bool utf8_is_hidden(uint32_t code_point)
{
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        if (code_point >= hidden[i].first && code_point <= hidden[i].last) {
            return true;
        }
    }
    return false;
}

size_t utf8_encode(uint32_t c, char *out)
{
    static const struct {
        uint32_t end;
        uint8_t lead;
    } sizes[] = {{0x80, 0}, {0x800, 0xC0}, {0x10000, 0xE0}, {0x110000, 0xF0}};
    size_t tail = 0;
    while (c >= sizes[tail].end) {
        tail++;
    }
    out[0] = (char)(uint8_t)(sizes[tail].lead | c >> (6 * tail));
    for (size_t i = 1; i <= tail; i++) {
        out[i] = (char)(uint8_t)(0x80 | ((c >> (6 * (tail - i))) & 0x3F));
    }
    return tail + 1;
}
