/* A set of people of one block, as list_bits keeps it: a bit for each number of the block, or,
   where that is shorter, their numbers in 2 bytes each, counted from the block's first one; the
   lowest comes first. Pure but for the arena. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_SET_H
#define LATCHKEY_STORE_SQLITE_LIST_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

#define LIST_BLOCK 32000 /* numbers; a multiple of 64, and a set is one page of the file */
#define LIST_BLOCK_BYTES (LIST_BLOCK / 8)
#define LIST_BLOCK_WORDS (LIST_BLOCK / 64)

struct list_set {
    unsigned char *bytes;
    size_t len;  /* filled so far; bits are full from the beginning */
    size_t size; /* LIST_BLOCK_BYTES: bits */
};

/* Empty, for exactly `count` numbers. False when out of memory. */
MUST_CHECK bool list_set_init(struct list_set *set, size_t count, struct arena *arena);
/* number: below LIST_BLOCK, higher than those before. */
void list_set_add(struct list_set *set, size_t number);
struct view list_set_view(const struct list_set *set);
/* Adds what is in a set that was kept to bits of LIST_BLOCK_WORDS words. */
void list_set_read(struct view kept, uint64_t *bits);
/* How many are in such bits. */
size_t list_set_count(const uint64_t *bits);

#endif
