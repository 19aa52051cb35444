#include "base/base64url.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_encode(const void *bytes, size_t len, char *out)
{
    const uint8_t *in = bytes;
    char *at = out;
    for (; len >= 3; len -= 3, in += 3) {
        uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = alphabet[bits >> 6 & 63];
        *at++ = alphabet[bits & 63];
    }
    if (len > 0) {
        uint32_t bits = (uint32_t)in[0] << 8 | (len > 1 ? in[1] : 0U);
        *at++ = alphabet[bits >> 10];
        *at++ = alphabet[bits >> 4 & 63];
        if (len > 1) {
            *at++ = alphabet[bits << 2 & 63];
        }
    }
    return (size_t)(at - out);
}

#define IN 64 /* marks a character of the alphabet; the others are zero */

/* IN and the value of each character. */
static const uint8_t sextets[UINT8_MAX + 1] = {
    ['A'] = IN | 0,  ['B'] = IN | 1,  ['C'] = IN | 2,  ['D'] = IN | 3,  ['E'] = IN | 4,
    ['F'] = IN | 5,  ['G'] = IN | 6,  ['H'] = IN | 7,  ['I'] = IN | 8,  ['J'] = IN | 9,
    ['K'] = IN | 10, ['L'] = IN | 11, ['M'] = IN | 12, ['N'] = IN | 13, ['O'] = IN | 14,
    ['P'] = IN | 15, ['Q'] = IN | 16, ['R'] = IN | 17, ['S'] = IN | 18, ['T'] = IN | 19,
    ['U'] = IN | 20, ['V'] = IN | 21, ['W'] = IN | 22, ['X'] = IN | 23, ['Y'] = IN | 24,
    ['Z'] = IN | 25, ['a'] = IN | 26, ['b'] = IN | 27, ['c'] = IN | 28, ['d'] = IN | 29,
    ['e'] = IN | 30, ['f'] = IN | 31, ['g'] = IN | 32, ['h'] = IN | 33, ['i'] = IN | 34,
    ['j'] = IN | 35, ['k'] = IN | 36, ['l'] = IN | 37, ['m'] = IN | 38, ['n'] = IN | 39,
    ['o'] = IN | 40, ['p'] = IN | 41, ['q'] = IN | 42, ['r'] = IN | 43, ['s'] = IN | 44,
    ['t'] = IN | 45, ['u'] = IN | 46, ['v'] = IN | 47, ['w'] = IN | 48, ['x'] = IN | 49,
    ['y'] = IN | 50, ['z'] = IN | 51, ['0'] = IN | 52, ['1'] = IN | 53, ['2'] = IN | 54,
    ['3'] = IN | 55, ['4'] = IN | 56, ['5'] = IN | 57, ['6'] = IN | 58, ['7'] = IN | 59,
    ['8'] = IN | 60, ['9'] = IN | 61, ['-'] = IN | 62, ['_'] = IN | 63,
};

/* Four characters to three bytes; false when one is outside the alphabet. */
static bool decode_group(const char *in, uint8_t *out)
{
    uint8_t a = sextets[(uint8_t)in[0]];
    uint8_t b = sextets[(uint8_t)in[1]];
    uint8_t c = sextets[(uint8_t)in[2]];
    uint8_t d = sextets[(uint8_t)in[3]];
    uint32_t bits = (a & 63U) << 18 | (b & 63U) << 12 | (c & 63U) << 6 | (d & 63U);
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return (a & b & c & d & IN) != 0;
}

/* Two or three characters to one byte less. */
static bool decode_end(const char *in, size_t len, uint8_t *out)
{
    char group[] = {in[0], in[1], len > 2 ? in[2] : 'A', 'A'};
    uint8_t bytes[3];
    if (!decode_group(group, bytes)) {
        return false;
    }
    out[0] = bytes[0];
    if (len > 2) {
        out[1] = bytes[1];
    }
    /* Bits that are no byte's are zero; otherwise one value would have several texts. */
    return bytes[len - 1] == 0;
}

bool base64url_decode(struct view text, void *out, size_t *len)
{
    size_t rest = text.len % 4;
    uint8_t *bytes = out;
    if (rest == 1) {
        return false;
    }
    for (size_t i = 0; i < text.len - rest; i += 4, bytes += 3) {
        if (!decode_group(text.at + i, bytes)) {
            return false;
        }
    }
    if (rest > 0 && !decode_end(text.at + text.len - rest, rest, bytes)) {
        return false;
    }
    *len = text.len / 4 * 3 + (rest > 0 ? rest - 1 : 0);
    return true;
}
