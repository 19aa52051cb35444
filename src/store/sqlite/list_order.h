/* Orders of people as list_tend.c has written them: for each sort and each half of the people their
   numbers, one after another. They are how things were in a certain round; list_changed (see
   migrations/sqlite) says of whom they are no longer right. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_ORDER_H
#define LATCHKEY_STORE_SQLITE_LIST_ORDER_H

#include "model/user_list.h"
#include "store/sqlite/sql.h"

#define LIST_ORDER_PART 1000 /* numbers in a row of list_order_parts: one page of the file */
#define LIST_ORDER_NUMBER_BYTES 4
#define LIST_ORDER_NUMBER_MAX INT64_C(0xFFFFFFFF)

struct list_order {
    int64_t id;
    int64_t round; /* what changed in this round or later may stand elsewhere now */
    int64_t count;
};

/* NOT_FOUND: it is not there yet. */
MUST_CHECK enum result list_order_find(struct sqlite_handle *handle, enum user_sort_field sort,
                                       bool gone, struct list_order *out);
/* The id of list_orders and, with the part, of list_order_parts. Pure. */
int64_t list_order_id(enum user_sort_field sort, bool gone);
int64_t list_order_part_id(int64_t order_id, int64_t part);

/* Some that stand together, in the order's own direction. */
struct list_order_part {
    const unsigned char *numbers; /* borrowed until the next part */
    size_t count;
};

static inline int64_t list_order_number(const struct list_order_part *part, size_t i)
{
    const unsigned char *at = part->numbers + i * LIST_ORDER_NUMBER_BYTES;
    return (int64_t)((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                     (uint32_t)at[3] << 24);
}

/* Parts from a rank on, upward or downward. Declare it with CLEANUP(list_order_walk_close). */
struct list_order_walk {
    struct sql_query query;
    int64_t rank; /* of the first number wanted; -1 once a part came */
    bool down;
};

struct list_order_walk list_order_walk_open(struct sqlite_handle *handle,
                                            const struct list_order *order, int64_t rank,
                                            bool down);
/* NOT_FOUND at the end. Downward, the last number of a part comes first. */
MUST_CHECK enum result list_order_walk_next(struct list_order_walk *walk,
                                            struct list_order_part *out);
void list_order_walk_close(struct list_order_walk *walk);
/* The number at that rank. */
MUST_CHECK enum result list_order_at(struct sqlite_handle *handle, const struct list_order *order,
                                     int64_t rank, int64_t *number);

#endif
