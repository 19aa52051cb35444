#include "store/sqlite/list_find.h"

#include "store/sqlite/list_narrow.h"
#include "store/sqlite/list_pick.h"
#include "store/sqlite/list_seek.h"
#include "store/sqlite/list_set.h"
#include "store/sqlite/user_list_sql.h"

/* So many are handed over to be sorted, instead of being looked for along an order. */
#define FEW 300
/* The same where a filter is left to be applied to each. */
#define FEW_UNFILTERED 20000
/* So many are picked and left out again rather than looked for where the page begins. */
#define OFFSET_NEAR 200

/* --- which orders, and for whom they are no longer right -------------------------------------- */

/* By number there is no order; any will do to tell who is deleted. */
static enum user_sort_field order_field(const struct finding *f)
{
    enum user_sort_field field = f->request->sort[0].field;
    return field == USER_SORT_NUMBER ? USER_SORT_CREATED : field;
}

/* What has changed since the order was made matters. */
static enum result use_order(struct finding *f, enum user_sort_field sort, struct half *half)
{
    struct list_order order;
    enum result result = list_order_find(f->handle, sort, half->gone, &order);
    if (result == RESULT_OK) {
        f->round = order.round < f->round ? order.round : f->round;
        half->order = sort == order_field(f) ? order : half->order;
    }
    return result;
}

static enum result use_orders(struct finding *f)
{
    enum result result = RESULT_OK;
    f->changes = 1U << order_field(f) | list_narrow_sorts(f);
    for (size_t i = 1; i < list_sql_key_count(f->request); i++) {
        f->changes |= 1U << f->request->sort[i].field;
    }
    for (int sort = USER_SORT_NUMBER + 1; sort < USER_SORT_COUNT; sort++) {
        for (size_t i = 0; i < ARRAY_LEN(f->halves) && (f->changes >> sort & 1) != 0; i++) {
            result = result == RESULT_OK ? use_order(f, (enum user_sort_field)sort, &f->halves[i])
                                         : result;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(f->halves); i++) {
        f->halves[i].until = f->halves[i].order.count;
    }
    return result;
}

static enum result read_limit(struct finding *f)
{
    int64_t last = 0;
    enum result result = sql_run_number(f->handle, STATEMENT_LIST_LAST, SQL_NONE, &last);
    f->limit = last + 1;
    if (result == RESULT_OK && last > LIST_ORDER_NUMBER_MAX) {
        return RESULT_NOT_FOUND;
    }
    return result == RESULT_OK && !(number_set_init(&f->changed, f->limit, f->arena) &&
                                    number_set_init(&f->matching, f->limit, f->arena))
               ? RESULT_INTERNAL
               : result;
}

static enum result read_changed(struct finding *f)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(
        f->handle, STATEMENT_LIST_CHANGED,
        SQL_BIND(sql_number(f->changes), sql_number(f->round), sql_number(list_narrow_changes(f)),
                 sql_number(LIST_BLOCK), sql_number(LIST_FIND_CHANGED_MAX + 1)));
    enum result result = sql_row(&query);
    for (; result == RESULT_OK; result = sql_row(&query)) {
        number_set_add(&f->changed, sql_get_number(&query, 0));
        f->changed_count++;
    }
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    return f->changed_count <= LIST_FIND_CHANGED_MAX ? RESULT_OK : RESULT_NOT_FOUND;
}

/* Leaves of those who have changed only who matches now: they are looked at once. */
static enum result look_at_changed(struct finding *f)
{
    char text[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view sql;
    const struct list_shape shape = {
        .request = f->request,
        .driver = LIST_BY_NUMBERS,
        .prefix = list_narrow_is_short_search(f),
    };
    struct view numbers = number_set_json(&f->changed, f->arena);
    builder_init_fixed(&b, text, sizeof text);
    list_sql_matches(&b, &shape);
    if (!builder_end(&b, &sql) || numbers.at == NULL) {
        return RESULT_INTERNAL;
    }
    f->values[LIST_NUMBERS - 1] = sql_text(numbers);
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open_shape(f->handle, sql, (struct sql_values){f->values, LIST_PARAMETER_END});
    enum result result = sql_row(&query);
    for (; result == RESULT_OK; result = sql_row(&query)) {
        number_set_add(&f->matching, sql_get_number(&query, 0));
        f->matching_count++;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- all -------------------------------------------------------------------------------------- */

/* -1 when no filter narrows. */
static int64_t count_found(const struct finding *f)
{
    int64_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(f->halves); i++) {
        const struct half *half = &f->halves[i];
        if (half->wanted && !half->narrowed) {
            return -1;
        }
        count += half->wanted ? number_set_count(&half->found) : 0;
    }
    return count;
}

static void pick_all(const struct finding *f, struct number_set *out)
{
    for (size_t i = 0; i < ARRAY_LEN(f->halves); i++) {
        if (f->halves[i].wanted) {
            number_set_unite(out, &f->halves[i].found);
        }
    }
}

/* How many the page leaves out that need not be among the candidates: each one who has changed and
   matches may be another one. */
static int64_t count_skipped(const struct finding *f)
{
    int64_t skip = f->request->offset - f->matching_count;
    return skip > 0 && f->request->position == NULL ? skip : 0;
}

/* One order is the list: so many are left out along it. Otherwise who stands where the page begins
   is to be found first. */
static bool is_walked(const struct finding *f)
{
    return list_sql_key_count(f->request) == 1 && !(f->halves[0].wanted && f->halves[1].wanted);
}

/* Those from the one on before whom `skip` stand; out->offset grows by those who stand before that
   one all the same. */
static enum result pick_from(struct finding *f, int64_t skip, struct number_set *set,
                             struct list_found *out)
{
    struct list_anchor first;
    int64_t left = 0;
    enum result result = list_seek(f, skip, &first, &left);
    if (result != RESULT_OK || first.number < 0) {
        return result;
    }
    out->offset += left;
    number_set_add(set, first.number);
    return list_pick(f, &first, 0, out->offset + f->request->limit, set);
}

/* All that are left, where they are few; else those who come first, as many as the page needs, and
   as many more as changed people can push off it at its beginning. */
static enum result pick_candidates(struct finding *f, int64_t count, struct number_set *set,
                                   struct list_found *out)
{
    static const struct list_anchor position = {.is_position = true};
    const struct user_list_request *request = f->request;
    bool leaves = list_narrow_leaves(f);
    out->offset = request->offset;
    if (count >= 0 && count <= (leaves ? FEW_UNFILTERED : FEW)) {
        pick_all(f, set);
        return RESULT_OK;
    }
    if (leaves) {
        return RESULT_NOT_FOUND;
    }
    int64_t skip = count_skipped(f);
    bool walked = is_walked(f);
    skip = walked || skip > OFFSET_NEAR ? skip : 0;
    out->offset -= skip;
    return !walked && skip > 0 ? pick_from(f, skip, set, out)
                               : list_pick(f, request->position != NULL ? &position : NULL, skip,
                                           out->offset + request->limit + 1, set);
}

static enum result write_found(struct finding *f, struct list_found *out)
{
    struct number_set candidates;
    int64_t count = count_found(f);
    if (!number_set_init(&candidates, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    enum result result = pick_candidates(f, count, &candidates, out);
    if (result != RESULT_OK) {
        return result;
    }
    number_set_unite(&candidates, &f->matching);
    out->candidates = number_set_json(&candidates, f->arena);
    out->uncounted = list_narrow_leaves(f) ? out->candidates : VIEW("[]");
    out->total = list_narrow_leaves(f) ? 0 : count + f->matching_count;
    return out->candidates.at != NULL ? RESULT_OK : RESULT_INTERNAL;
}

enum result list_find(struct sqlite_handle *handle, struct arena *arena,
                      const struct user_list_request *request, struct sql_value *values,
                      struct list_found *out)
{
    unsigned presence = (unsigned)request->filter.presence;
    struct finding f = {
        .handle = handle,
        .arena = arena,
        .request = request,
        .values = values,
        .round = INT64_MAX,
        .halves = {{.wanted = (presence & USER_PRESENT) != 0},
                   {.wanted = (presence & USER_GONE) != 0, .gone = true}},
    };
    enum result result = use_orders(&f);
    if (result == RESULT_OK) {
        result = read_limit(&f);
    }
    if (result == RESULT_OK) {
        result = read_changed(&f);
    }
    if (result == RESULT_OK && f.changed_count > 0) {
        result = look_at_changed(&f);
    }
    if (result == RESULT_OK) {
        result = list_narrow(&f);
    }
    return result == RESULT_OK ? write_found(&f, out) : result;
}
