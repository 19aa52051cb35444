#include "store/sqlite/list_rank.h"

#include "store/sqlite/user_list_sql.h"

enum result list_rank_test(struct finding *f, const char *condition, int64_t number, bool *holds)
{
    char text[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view sql;
    builder_init_fixed(&b, text, sizeof text);
    builder_format(&b, "SELECT 1 FROM users AS u WHERE u.number = ?%d AND %s", LIST_NUMBER,
                   condition);
    if (!builder_end(&b, &sql)) {
        return RESULT_INTERNAL;
    }
    f->values[LIST_NUMBER - 1] = sql_number(number);
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open_shape(f->handle, sql, (struct sql_values){f->values, LIST_PARAMETER_END});
    enum result result = sql_row(&query);
    *holds = result == RESULT_OK;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result list_rank_skip_changed(struct finding *f, const struct list_order *order, int64_t *rank,
                                   int64_t until, int64_t *number)
{
    enum result result = RESULT_OK;
    for (; result == RESULT_OK && *rank < until; *rank += 1) {
        result = list_order_at(f->handle, order, *rank, number);
        if (result == RESULT_OK && !number_set_has(&f->changed, *number)) {
            break;
        }
    }
    return result;
}

enum result list_rank_find(struct finding *f, const struct list_order *order, const char *condition,
                           bool wanted, int64_t *out)
{
    int64_t from = 0;
    int64_t until = order->count;
    while (from < until) {
        int64_t middle = from + (until - from) / 2;
        int64_t rank = middle;
        int64_t number = 0;
        bool holds = false;
        enum result result = list_rank_skip_changed(f, order, &rank, until, &number);
        if (result == RESULT_OK && rank < until) {
            result = list_rank_test(f, condition, number, &holds);
        }
        if (result != RESULT_OK) {
            return result;
        }
        if (rank == until || holds == wanted) {
            until = middle;
        } else {
            from = rank + 1;
        }
    }
    *out = from;
    return RESULT_OK;
}

/* A copy of the set, which the compiler keeps in registers. */
static void add_part(const struct list_order_part *part, size_t len, struct number_set set)
{
    for (size_t i = 0; i < len; i++) {
        number_set_add(&set, list_order_number(part, i));
    }
}

static enum result add_along(struct finding *f, const struct list_order *order, int64_t from,
                             int64_t until, struct number_set *set)
{
    if (from >= until) {
        return RESULT_OK;
    }
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk = list_order_walk_open(f->handle, order, from, false);
    enum result result = RESULT_OK;
    for (int64_t left = until - from; result == RESULT_OK && left > 0;) {
        struct list_order_part part;
        result = list_order_walk_next(&walk, &part);
        if (result == RESULT_OK) {
            add_part(&part, (int64_t)part.count < left ? part.count : (size_t)left, *set);
            left -= (int64_t)part.count;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

/* Whole chunks, and along the order up to the first and from the last one on. */
enum result list_rank_add_chunks(struct finding *f, const struct list_order *order,
                                 const struct list_planes *planes, int64_t from, int64_t until,
                                 struct number_set *set)
{
    int64_t first = (from + planes->step - 1) / planes->step;
    int64_t end = until / planes->step;
    if (until == order->count) {
        end = (until + planes->step - 1) / planes->step;
    }
    if (first >= end) {
        return add_along(f, order, from, until, set);
    }
    list_planes_add(planes, first, end, set);
    enum result result = add_along(f, order, from, first * planes->step, set);
    return result == RESULT_OK ? add_along(f, order, end * planes->step, until, set) : result;
}

enum result list_rank_add(struct finding *f, const struct list_order *order, int64_t from,
                          int64_t until, struct number_set *set)
{
    struct list_planes planes;
    enum result result = RESULT_NOT_FOUND;
    if (until - from > list_planes_worth(f->limit)) {
        result = list_planes_read(f->handle, order, f->limit, f->arena, &planes);
    }
    if (result == RESULT_NOT_FOUND) {
        return add_along(f, order, from, until, set);
    }
    return result == RESULT_OK ? list_rank_add_chunks(f, order, &planes, from, until, set) : result;
}

enum result list_rank_find_range(struct finding *f, const struct list_order *order,
                                 const char *from_condition, const char *until_condition,
                                 int64_t *from, int64_t *until)
{
    enum result result = list_rank_find(f, order, from_condition, true, from);
    return result == RESULT_OK ? list_rank_find(f, order, until_condition, true, until) : result;
}
