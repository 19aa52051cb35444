#include "store/sqlite/list_build.h"

#include <stdlib.h>
#include <string.h>

#include "store/sqlite/list_order.h"
#include "store/sqlite/list_planes.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"
#include "store/sqlite/user_list_sql.h"

/* --- orders ----------------------------------------------------------------------------------- */

/* The numbers of an order, as they are kept. */
struct numbers {
    unsigned char *bytes;
    size_t count;
    size_t room;
};

static void free_numbers(struct numbers *numbers)
{
    free(numbers->bytes);
}

static bool add_number(struct numbers *numbers, int64_t number)
{
    if (numbers->count == numbers->room) {
        size_t room = numbers->room > 0 ? 2 * numbers->room : LIST_ORDER_PART;
        unsigned char *bytes = realloc(numbers->bytes, room * LIST_ORDER_NUMBER_BYTES);
        if (bytes == NULL) {
            return false;
        }
        numbers->bytes = bytes;
        numbers->room = room;
    }
    unsigned char *at = numbers->bytes + numbers->count++ * LIST_ORDER_NUMBER_BYTES;
    for (size_t i = 0; i < LIST_ORDER_NUMBER_BYTES; i++) {
        at[i] = (unsigned char)((uint64_t)number >> (8 * i));
    }
    return true;
}

/* Along the index of the sort. */
static enum result read_order(struct sqlite_handle *handle, int64_t id, struct numbers *out)
{
    char text[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view sql;
    builder_init_fixed(&b, text, sizeof text);
    list_sql_order(&b, (enum user_sort_field)(id / 2), id % 2 != 0 ? USER_GONE : USER_PRESENT);
    if (!builder_end(&b, &sql)) {
        return RESULT_INTERNAL;
    }
    CLEANUP(sql_close) struct sql_query query = sql_open_shape(handle, sql, SQL_NONE);
    enum result result = sql_row(&query);
    while (result == RESULT_OK) {
        result = add_number(out, sql_get_number(&query, 0)) ? sql_row(&query) : RESULT_INTERNAL;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result write_parts(struct sqlite_handle *handle, int64_t id,
                               const struct numbers *numbers)
{
    enum result result = RESULT_OK;
    int64_t part = 0;
    for (size_t at = 0; at < numbers->count && result == RESULT_OK; at += LIST_ORDER_PART, part++) {
        size_t left = numbers->count - at;
        size_t count = left < LIST_ORDER_PART ? left : LIST_ORDER_PART;
        struct view bytes = view_make(numbers->bytes + at * LIST_ORDER_NUMBER_BYTES,
                                      count * LIST_ORDER_NUMBER_BYTES);
        result = sql_run(handle, STATEMENT_LIST_PART_WRITE,
                         SQL_BIND(sql_number(list_order_part_id(id, part)), sql_blob(bytes)));
    }
    return result == RESULT_OK ? sql_run(handle, STATEMENT_LIST_PARTS_CUT,
                                         SQL_BIND(sql_number(list_order_part_id(id, part)),
                                                  sql_number(list_order_part_id(id + 1, 0))))
                               : result;
}

/* NOT_FOUND when another process has kept a newer one. */
static enum result write_order(struct sqlite_handle *handle, int64_t id, int64_t round,
                               const struct numbers *numbers)
{
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result == RESULT_OK) {
        result = sql_run_changing(
            handle, STATEMENT_LIST_ORDER_WRITE,
            SQL_BIND(sql_number(id), sql_number(round), sql_number((int64_t)numbers->count)));
    }
    if (result == RESULT_OK) {
        result = write_parts(handle, id, numbers);
    }
    if (result == RESULT_OK) {
        const struct list_order order = {id, round, (int64_t)numbers->count};
        result = list_planes_write(handle, &order, numbers->bytes);
    }
    return result == RESULT_OK ? sqlite_transaction_finish(&transaction, result) : result;
}

enum result list_build_order(struct sqlite_handle *handle, int64_t id, int64_t round)
{
    CLEANUP(free_numbers) struct numbers numbers = {NULL, 0, 0};
    enum result result = read_order(handle, id, &numbers);
    if (result == RESULT_OK) {
        result = write_order(handle, id, round, &numbers);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
