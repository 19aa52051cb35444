/* About where in an order each person stands: an order is divided into chunks of equal length, and
   for each bit of a chunk's number, counted from 1, there is a set of those in whose chunk's number
   it is (0: not in the order). So whole chunks are a few operations on sets, and the chunk in which
   the first of any set stands is found by halving. Kept beside the order's parts. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_PLANES_H
#define LATCHKEY_STORE_SQLITE_LIST_PLANES_H

#include "store/sqlite/list_order.h"
#include "store/sqlite/number_set.h"

#define LIST_PLANES 5
#define LIST_CHUNKS_MAX 31

struct list_planes {
    int64_t step;                          /* ranks of a chunk */
    int64_t count;                         /* ranks in all */
    struct number_set planes[LIST_PLANES]; /* the lowest bit first */
};

/* How many ranks walked along cost as much as reading the planes, with numbers below the limit. */
int64_t list_planes_worth(int64_t limit);
/* limit: of all sets. NOT_FOUND: the order has none, as one of few among many. */
MUST_CHECK enum result list_planes_read(struct sqlite_handle *handle,
                                        const struct list_order *order, int64_t limit,
                                        struct arena *arena, struct list_planes *out);
/* *due: the order should have planes, with that highest number of a person, and has none of its
   round: a server of an older version made it. */
MUST_CHECK enum result list_planes_are_due(struct sqlite_handle *handle,
                                           const struct list_order *order, int64_t last, bool *due);
/* Adds those in the chunks from the one on and before the other. */
void list_planes_add(const struct list_planes *planes, int64_t from, int64_t until,
                     struct number_set *set);
/* The chunk of that one of the set before whom `*skip` of it stand, or behind whom with down.
   *skip: how many of these are in the chunk too. -1 when there are not so many in the order. The
   set is used up. */
int64_t list_planes_find(const struct list_planes *planes, bool down, int64_t *skip,
                         struct number_set *set);
/* As it is kept: replaces what the order had. numbers: the order's count of them; in a write
   transaction. */
MUST_CHECK enum result list_planes_write(struct sqlite_handle *handle,
                                         const struct list_order *order,
                                         const unsigned char *numbers);

#endif
