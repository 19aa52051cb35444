#include "store/sqlite/list_order.h"

#define PART_BITS 32

int64_t list_order_id(enum user_sort_field sort, bool gone)
{
    return 2 * (int64_t)sort + (gone ? 1 : 0);
}

int64_t list_order_part_id(int64_t order_id, int64_t part)
{
    return (order_id << PART_BITS) + part;
}

enum result list_order_find(struct sqlite_handle *handle, enum user_sort_field sort, bool gone,
                            struct list_order *out)
{
    *out = (struct list_order){.id = list_order_id(sort, gone)};
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_LIST_ORDER, SQL_BIND(sql_number(out->id)));
    enum result result = sql_row(&query);
    if (result == RESULT_OK) {
        out->round = sql_get_number(&query, 0);
        out->count = sql_get_number(&query, 1);
    }
    return result;
}

struct list_order_walk list_order_walk_open(struct sqlite_handle *handle,
                                            const struct list_order *order, int64_t rank, bool down)
{
    struct sql_value first = sql_number(list_order_part_id(order->id, 0));
    struct sql_value here = sql_number(list_order_part_id(order->id, rank / LIST_ORDER_PART));
    struct sql_value last =
        sql_number(list_order_part_id(order->id, order->count / LIST_ORDER_PART));
    return (struct list_order_walk){
        .query = down ? sql_open(handle, STATEMENT_LIST_ORDER_DOWN, SQL_BIND(first, here))
                      : sql_open(handle, STATEMENT_LIST_ORDER_UP, SQL_BIND(here, last)),
        .rank = rank,
        .down = down,
    };
}

enum result list_order_walk_next(struct list_order_walk *walk, struct list_order_part *out)
{
    enum result result = sql_row(&walk->query);
    if (result != RESULT_OK) {
        return result;
    }
    struct view numbers = sql_get_view(&walk->query, 0);
    size_t count = numbers.len / LIST_ORDER_NUMBER_BYTES;
    size_t from = 0;
    if (walk->rank >= 0) {
        size_t in_part = (size_t)(walk->rank % LIST_ORDER_PART);
        from = walk->down || in_part > count ? 0 : in_part;
        count = walk->down && in_part < count ? in_part + 1 : count;
        walk->rank = -1;
    }
    *out = (struct list_order_part){
        .numbers = (const unsigned char *)numbers.at + from * LIST_ORDER_NUMBER_BYTES,
        .count = count - from,
    };
    return RESULT_OK;
}

void list_order_walk_close(struct list_order_walk *walk)
{
    sql_close(&walk->query);
}

enum result list_order_at(struct sqlite_handle *handle, const struct list_order *order,
                          int64_t rank, int64_t *number)
{
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk = list_order_walk_open(handle, order, rank, false);
    struct list_order_part part = {NULL, 0};
    enum result result = list_order_walk_next(&walk, &part);
    if (result == RESULT_OK && part.count == 0) {
        result = RESULT_NOT_FOUND;
    }
    *number = result == RESULT_OK ? list_order_number(&part, 0) : 0;
    return result;
}
