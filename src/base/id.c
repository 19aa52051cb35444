#include "base/id.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define VERSION_BYTE 6
#define VARIANT_BYTE 8

static void fill_random(uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR) {
            abort(); /* an id that can be guessed or repeats is worse than no server */
        }
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

struct id id_new(int64_t now_ms)
{
    struct id id;
    for (size_t i = 0; i < VERSION_BYTE; i++) {
        id.bytes[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
    }
    fill_random(id.bytes + VERSION_BYTE, sizeof id.bytes - VERSION_BYTE);
    id.bytes[VERSION_BYTE] = (uint8_t)(0x70 | (id.bytes[VERSION_BYTE] & 0x0F));
    id.bytes[VARIANT_BYTE] = (uint8_t)(0x80 | (id.bytes[VARIANT_BYTE] & 0x3F));
    return id;
}

bool id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool id_is_nil(const struct id *id)
{
    static const struct id nil;
    return id_equal(id, &nil);
}

/* Where the two digits of each byte stand: 8-4-4-4-12 with hyphens between. */
static const uint8_t places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t hyphens[] = {8, 13, 18, 23};

void id_format(const struct id *id, char out[ID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    memcpy(out, "00000000-0000-0000-0000-000000000000", ID_TEXT_SIZE);
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        out[places[i]] = hex[id->bytes[i] >> 4];
        out[places[i] + 1] = hex[id->bytes[i] & 15];
    }
}

/* The value of a hexadecimal digit, -1 for any other character. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool id_parse(struct view text, struct id *out)
{
    if (text.len != ID_TEXT_SIZE - 1) {
        return false;
    }
    struct id id;
    for (size_t i = 0; i < ARRAY_LEN(hyphens); i++) {
        if (text.at[hyphens[i]] != '-') {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        int high = hex_value(text.at[places[i]]);
        int low = hex_value(text.at[places[i] + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = id;
    return true;
}
