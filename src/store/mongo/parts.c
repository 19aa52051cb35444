#include "store/mongo/parts.h"

#include <stdlib.h>

#include "store/mongo/driver.h"

#define CHAR_BITS 21 /* of a code point */
#define CHAR_MASK ((UINT64_C(1) << CHAR_BITS) - 1)
#define PART_MASK ((UINT64_C(1) << (PARTS_CHARS * CHAR_BITS)) - 1)
#define ROOM_MIN 64

static void add_one(struct parts *parts, uint64_t part)
{
    if (parts->count == parts->room) {
        parts->room = parts->room > 0 ? 2 * parts->room : ROOM_MIN;
        parts->items = bson.realloc(parts->items, parts->room * sizeof *parts->items);
    }
    parts->items[parts->count++] = part;
}

void parts_add(struct parts *parts, struct view folded)
{
    uint64_t part = 0;
    uint32_t c = 0;
    for (size_t seen = 1; utf8_next(&folded, &c); seen++) {
        part = (part << CHAR_BITS | c) & PART_MASK;
        if (seen >= PARTS_CHARS) {
            add_one(parts, part);
        }
    }
}

static int order(const void *a_at, const void *b_at)
{
    uint64_t a = *(const uint64_t *)a_at;
    uint64_t b = *(const uint64_t *)b_at;
    return (a > b) - (a < b);
}

void parts_settle(struct parts *parts)
{
    size_t kept = 0;
    if (parts->count == 0) {
        return;
    }
    qsort(parts->items, parts->count, sizeof *parts->items, order);
    for (size_t i = 1; i < parts->count; i++) {
        if (parts->items[i] != parts->items[kept]) {
            parts->items[++kept] = parts->items[i];
        }
    }
    parts->count = kept + 1;
}

struct view parts_text(uint64_t part, char out[PARTS_TEXT_SIZE])
{
    size_t len = 0;
    for (int i = PARTS_CHARS - 1; i >= 0; i--) {
        len += utf8_encode((uint32_t)(part >> (i * CHAR_BITS) & CHAR_MASK), out + len);
    }
    out[len] = '\0';
    return view_make(out, len);
}

void parts_write(const struct parts *parts, bson_t *out)
{
    bson.init(out);
    for (size_t i = 0; i < parts->count; i++) {
        char text[PARTS_TEXT_SIZE];
        char room[16];
        const char *key;
        (void)bson.uint32_to_string((uint32_t)i, &key, room, sizeof room);
        doc_add(out, DOC(doc_text(key, parts_text(parts->items[i], text))));
    }
}

void parts_clear(struct parts *parts)
{
    bson.free(parts->items);
    parts->items = NULL;
}
