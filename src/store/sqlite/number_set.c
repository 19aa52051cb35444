#include "store/sqlite/number_set.h"

#include <assert.h>
#include <string.h>

#include "base/builder.h"

#define WORD_BITS 64
#define NUMBER_JSON_MAX_BYTES 21 /* with the comma */

/* Quicker than the compiler's own where it may not assume that the machine can. */
static int64_t count_bits(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (int64_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

bool number_set_init(struct number_set *set, int64_t limit, struct arena *arena)
{
    set->limit = (limit + WORD_BITS - 1) / WORD_BITS * WORD_BITS;
    set->words = arena_take_array(arena, number_set_word_count(set) + 1, sizeof *set->words);
    return set->words != NULL;
}

bool number_set_copy(struct number_set *set, const struct number_set *other, struct arena *arena)
{
    if (!number_set_init(set, other->limit, arena)) {
        return false;
    }
    memcpy(set->words, other->words, number_set_word_count(set) * sizeof *set->words);
    return true;
}

void number_set_clear(struct number_set *set)
{
    memset(set->words, 0, number_set_word_count(set) * sizeof *set->words);
}

void number_set_add_words(struct number_set *set, int64_t first, const uint64_t *words,
                          size_t count)
{
    assert(first % WORD_BITS == 0);
    size_t at = (size_t)(first / WORD_BITS);
    for (size_t i = 0; i < count && at + i < number_set_word_count(set); i++) {
        set->words[at + i] |= words[i];
    }
}

void number_set_get_words(const struct number_set *set, int64_t first, uint64_t *words,
                          size_t count)
{
    assert(first % WORD_BITS == 0);
    size_t at = (size_t)(first / WORD_BITS);
    for (size_t i = 0; i < count; i++) {
        words[i] = at + i < number_set_word_count(set) ? set->words[at + i] : 0;
    }
}

void number_set_set_words(struct number_set *set, int64_t first, const uint64_t *words,
                          size_t count)
{
    assert(first % WORD_BITS == 0);
    size_t at = (size_t)(first / WORD_BITS);
    for (size_t i = 0; i < count && at + i < number_set_word_count(set); i++) {
        set->words[at + i] = words[i];
    }
}

void number_set_add_range(struct number_set *set, int64_t from, int64_t until)
{
    for (int64_t number = from; number < until;) {
        if (number % WORD_BITS == 0 && until - number >= WORD_BITS &&
            (uint64_t)number < (uint64_t)set->limit) {
            set->words[number / WORD_BITS] = UINT64_MAX;
            number += WORD_BITS;
        } else {
            number_set_add(set, number++);
        }
    }
}

void number_set_keep(struct number_set *set, const struct number_set *other)
{
    assert(set->limit == other->limit);
    for (size_t i = 0; i < number_set_word_count(set); i++) {
        set->words[i] &= other->words[i];
    }
}

void number_set_unite(struct number_set *set, const struct number_set *other)
{
    assert(set->limit == other->limit);
    for (size_t i = 0; i < number_set_word_count(set); i++) {
        set->words[i] |= other->words[i];
    }
}

void number_set_remove(struct number_set *set, const struct number_set *other)
{
    assert(set->limit == other->limit);
    for (size_t i = 0; i < number_set_word_count(set); i++) {
        set->words[i] &= ~other->words[i];
    }
}

int64_t number_set_count(const struct number_set *set)
{
    int64_t count = 0;
    for (size_t i = 0; i < number_set_word_count(set); i++) {
        count += count_bits(set->words[i]);
    }
    return count;
}

int64_t number_set_count_common(const struct number_set *set, const struct number_set *other)
{
    assert(set->limit == other->limit);
    int64_t count = 0;
    for (size_t i = 0; i < number_set_word_count(set); i++) {
        count += count_bits(set->words[i] & other->words[i]);
    }
    return count;
}

int64_t number_set_next(const struct number_set *set, int64_t from)
{
    for (int64_t at = from < 0 ? 0 : from; at < set->limit; at = (at / WORD_BITS + 1) * WORD_BITS) {
        uint64_t word = set->words[at / WORD_BITS] >> (at % WORD_BITS);
        if (word != 0) {
            return at + __builtin_ctzll(word);
        }
    }
    return -1;
}

int64_t number_set_previous(const struct number_set *set, int64_t from)
{
    for (int64_t at = from < set->limit ? from : set->limit - 1; at >= 0;
         at = at / WORD_BITS * WORD_BITS - 1) {
        uint64_t word = set->words[at / WORD_BITS] << (WORD_BITS - 1 - at % WORD_BITS);
        if (word != 0) {
            return at - __builtin_clzll(word);
        }
    }
    return -1;
}

int64_t number_set_at(const struct number_set *set, int64_t index)
{
    size_t i = 0;
    for (; i < number_set_word_count(set) && index >= count_bits(set->words[i]); i++) {
        index -= count_bits(set->words[i]);
    }
    int64_t number = number_set_next(set, (int64_t)i * WORD_BITS);
    for (; index > 0; index--) {
        number = number_set_next(set, number + 1);
    }
    return number;
}

struct view number_set_json(const struct number_set *set, struct arena *arena)
{
    struct builder b;
    struct view json;
    builder_init(&b, arena, (size_t)number_set_count(set) * NUMBER_JSON_MAX_BYTES + 3);
    builder_char(&b, '[');
    for (int64_t number = number_set_next(set, 0); number >= 0;
         number = number_set_next(set, number + 1)) {
        builder_text(&b, b.len > 1 ? "," : "");
        builder_int(&b, number);
    }
    builder_char(&b, ']');
    return builder_end(&b, &json) ? json : view_make(NULL, 0);
}
