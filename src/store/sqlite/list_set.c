#include "store/sqlite/list_set.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define WORD_BITS 64
#define BYTE_BITS 8
#define NUMBER_BYTES 2

bool list_set_init(struct list_set *set, size_t count, struct arena *arena)
{
    bool as_bits = count * NUMBER_BYTES >= LIST_BLOCK_BYTES;
    set->size = as_bits ? LIST_BLOCK_BYTES : count * NUMBER_BYTES;
    set->len = as_bits ? LIST_BLOCK_BYTES : 0;
    set->bytes = arena_take(arena, set->size);
    return set->bytes != NULL;
}

void list_set_add(struct list_set *set, size_t number)
{
    assert(number < LIST_BLOCK);
    if (set->size == LIST_BLOCK_BYTES) {
        set->bytes[number / BYTE_BITS] |= (unsigned char)(1U << (number % BYTE_BITS));
        return;
    }
    assert(set->len + NUMBER_BYTES <= set->size);
    set->bytes[set->len++] = (unsigned char)number;
    set->bytes[set->len++] = (unsigned char)(number >> BYTE_BITS);
}

struct view list_set_view(const struct list_set *set)
{
    return view_make(set->bytes, set->len);
}

void list_set_read(struct view kept, uint64_t *bits)
{
    const unsigned char *at = (const unsigned char *)kept.at;
    if (kept.len == LIST_BLOCK_BYTES) {
        for (size_t i = 0; i < LIST_BLOCK_WORDS; i++) {
            uint64_t word;
            memcpy(&word, at + i * sizeof word, sizeof word);
            bits[i] |= le64toh(word);
        }
        return;
    }
    for (size_t i = 0; i + 1 < kept.len; i += NUMBER_BYTES) {
        size_t number = (size_t)at[i] | (size_t)at[i + 1] << BYTE_BITS;
        if (number < LIST_BLOCK) {
            bits[number / WORD_BITS] |= UINT64_C(1) << (number % WORD_BITS);
        }
    }
}

size_t list_set_count(const uint64_t *bits)
{
    size_t count = 0;
    for (size_t i = 0; i < LIST_BLOCK_WORDS; i++) {
        count += (size_t)__builtin_popcountll(bits[i]);
    }
    return count;
}
