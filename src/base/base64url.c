#include "base/base64url.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_encode(const void *bytes, size_t len, char *out)
{
    const uint8_t *in = bytes;
    size_t at = 0;
    uint32_t bits = 0;
    unsigned pending = 0; /* low bits of `bits` not yet written */
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | in[i];
        pending += 8;
        while (pending >= 6) {
            pending -= 6;
            out[at++] = alphabet[bits >> pending & 63];
        }
    }
    if (pending > 0) {
        out[at++] = alphabet[bits << (6 - pending) & 63];
    }
    return at;
}

/* The value of a character, -1 for one outside the alphabet. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '-') {
        return 62;
    }
    return c == '_' ? 63 : -1;
}

bool base64url_decode(struct view text, void *out, size_t *len)
{
    if (text.len % 4 == 1) {
        return false;
    }
    uint8_t *bytes = out;
    size_t at = 0;
    uint32_t bits = 0;
    unsigned pending = 0; /* low bits of `bits` not yet written */
    for (size_t i = 0; i < text.len; i++) {
        int value = sextet(text.at[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        pending += 6;
        if (pending >= 8) {
            pending -= 8;
            bytes[at++] = (uint8_t)(bits >> pending);
        }
    }
    /* Otherwise one value would have several texts. */
    if ((bits & ((1u << pending) - 1)) != 0) {
        return false;
    }
    *len = at;
    return true;
}
