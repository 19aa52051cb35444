/* A set of numbers of records, a bit each. Not thread-safe; memory is the arena's. */
#ifndef LATCHKEY_STORE_SQLITE_NUMBER_SET_H
#define LATCHKEY_STORE_SQLITE_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

struct number_set {
    uint64_t *words;
    int64_t limit; /* numbers from 0 below it */
};

/* Empty. False when out of memory. */
MUST_CHECK bool number_set_init(struct number_set *set, int64_t limit, struct arena *arena);
MUST_CHECK bool number_set_copy(struct number_set *set, const struct number_set *other,
                                struct arena *arena);
void number_set_clear(struct number_set *set);
/* Numbers that are not below the limit are in no set. */
static inline bool number_set_has(const struct number_set *set, int64_t number)
{
    return (uint64_t)number < (uint64_t)set->limit &&
           (set->words[number / 64] >> (number % 64) & 1) != 0;
}
static inline void number_set_add(struct number_set *set, int64_t number)
{
    if ((uint64_t)number < (uint64_t)set->limit) {
        set->words[number / 64] |= UINT64_C(1) << (number % 64);
    }
}
/* Adds the set whose first bit stands for the number first, a multiple of 64. */
void number_set_add_words(struct number_set *set, int64_t first, const uint64_t *words,
                          size_t count);
/* The other way round; numbers beyond the limit are not in it. */
void number_set_get_words(const struct number_set *set, int64_t first, uint64_t *words,
                          size_t count);
/* Replaces what is there. */
void number_set_set_words(struct number_set *set, int64_t first, const uint64_t *words,
                          size_t count);
/* Adds the numbers from `from` and below `until`. */
void number_set_add_range(struct number_set *set, int64_t from, int64_t until);
/* Keeps what is in other too; both have the same limit, as below. */
void number_set_keep(struct number_set *set, const struct number_set *other);
/* Adds what is in other. */
void number_set_unite(struct number_set *set, const struct number_set *other);
/* Takes away what is in other. */
void number_set_remove(struct number_set *set, const struct number_set *other);
int64_t number_set_count(const struct number_set *set);
/* How many are in both. */
int64_t number_set_count_common(const struct number_set *set, const struct number_set *other);
static inline size_t number_set_word_count(const struct number_set *set)
{
    return (size_t)(set->limit / 64);
}
/* The first number in the set from `from` on, upward or downward; -1 when there is none. */
int64_t number_set_next(const struct number_set *set, int64_t from);
int64_t number_set_previous(const struct number_set *set, int64_t from);
/* The one before which `index` others are in the set, of at least index + 1. */
int64_t number_set_at(const struct number_set *set, int64_t index);
/* As a JSON array, the lowest first. at NULL when out of memory. */
struct view number_set_json(const struct number_set *set, struct arena *arena);

#endif
