#include "store/sqlite/list_find.h"

#include "store/sqlite/list_narrow.h"
#include "store/sqlite/list_rank.h"
#include "store/sqlite/list_set.h"
#include "store/sqlite/user_list_sql.h"

/* So many are handed over to be sorted, instead of being looked for along an order. */
#define FEW 1000
/* The same where a filter is left to be applied to each. */
#define FEW_UNFILTERED 20000

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
    for (int sort = 0; sort < USER_SORT_COUNT; sort++) {
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
    return result == RESULT_OK && !number_set_init(&f->changed, f->limit, f->arena)
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

/* --- candidates ------------------------------------------------------------------------------- */

/* A set that is being filled: how many are left out at its beginning, how many are wanted. */
struct picking {
    struct number_set *set;
    int64_t skip;
    int64_t want;
};

/* False when enough are there. */
static bool pick(struct picking *picking, int64_t number)
{
    if (picking->skip > 0) {
        picking->skip--;
        return true;
    }
    number_set_add(picking->set, number);
    picking->want--;
    return picking->want > 0;
}

static bool goes_down(const struct finding *f)
{
    return f->request->sort[0].descending != f->request->backward;
}

static bool is_left(const struct finding *f, const struct half *half, int64_t number)
{
    return half->narrowed ? number_set_has(&half->found, number)
                          : !number_set_has(&f->changed, number);
}

/* False when enough are there. */
static bool pick_part(const struct finding *f, const struct half *half,
                      const struct list_order_part *part, struct picking *picking)
{
    bool down = goes_down(f);
    for (size_t i = 0; i < part->count; i++) {
        int64_t number = list_order_number(part, down ? part->count - 1 - i : i);
        if (is_left(f, half, number) && !pick(picking, number)) {
            return false;
        }
    }
    return true;
}

static enum result find_position(struct finding *f, const struct half *half, int64_t *rank)
{
    char text[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view condition;
    const struct list_shape shape = {.request = f->request, .driver = LIST_BY_NUMBERS};
    builder_init_fixed(&b, text, sizeof text);
    builder_text(&b, "true");
    list_sql_behind(&b, &shape);
    builder_char(&b, '\0');
    return builder_end(&b, &condition)
               ? list_rank_find(f, &half->order, condition.at, !goes_down(f), rank)
               : RESULT_INTERNAL;
}

/* The ranks that are left behind the position: all of the half's without one. */
static enum result find_ranks(struct finding *f, const struct half *half, int64_t *from,
                              int64_t *until)
{
    int64_t rank = 0;
    *from = half->from;
    *until = half->until;
    if (f->request->position == NULL) {
        return RESULT_OK;
    }
    enum result result = find_position(f, half, &rank);
    if (goes_down(f)) {
        *until = rank < *until ? rank : *until;
    } else {
        *from = rank > *from ? rank : *from;
    }
    return result;
}

static enum result pick_along(struct finding *f, const struct half *half, struct picking *picking)
{
    int64_t from = 0;
    int64_t until = 0;
    enum result result = find_ranks(f, half, &from, &until);
    if (result != RESULT_OK || from >= until) {
        return result;
    }
    bool down = goes_down(f);
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk =
        list_order_walk_open(f->handle, &half->order, down ? until - 1 : from, down);
    struct list_order_part part;
    bool more = true;
    for (int64_t left = until - from; more && left > 0; left -= (int64_t)part.count) {
        result = list_order_walk_next(&walk, &part);
        if (result != RESULT_OK) {
            return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
        }
        more = pick_part(f, half, &part, picking);
    }
    return RESULT_OK;
}

static int64_t next_number(const struct finding *f, const struct half *half, int64_t number)
{
    return goes_down(f) ? number_set_previous(&half->found, number - 1)
                        : number_set_next(&half->found, number + 1);
}

static void pick_by_number(const struct finding *f, const struct half *half,
                           struct picking *picking)
{
    int64_t number = goes_down(f) ? f->limit : -1;
    if (f->request->position != NULL) {
        number = f->request->position->number;
    }
    do {
        number = next_number(f, half, number);
    } while (number >= 0 && pick(picking, number));
}

static enum result pick_first(struct finding *f, int64_t skip, int64_t want, struct number_set *out)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(f->halves) && result == RESULT_OK; i++) {
        const struct half *half = &f->halves[i];
        struct picking picking = {.set = out, .skip = skip, .want = want};
        if (half->wanted && f->request->sort[0].field == USER_SORT_NUMBER) {
            pick_by_number(f, half, &picking);
        } else if (half->wanted) {
            result = pick_along(f, half, &picking);
        }
    }
    return result;
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

/* All that are left, where they are few; else those who come first, as many as the page needs, and
   as many more as changed people can push off it at its beginning. */
static enum result pick_candidates(struct finding *f, int64_t count, struct number_set *set,
                                   struct list_found *out)
{
    const struct user_list_request *request = f->request;
    bool leaves = list_narrow_leaves(f);
    out->offset = request->offset;
    if (count >= 0 && count <= (leaves ? FEW_UNFILTERED : FEW)) {
        pick_all(f, set);
        return RESULT_OK;
    }
    int64_t skip = 0;
    if (!(f->halves[0].wanted && f->halves[1].wanted) && request->offset > f->changed_count) {
        skip = request->offset - f->changed_count;
    }
    out->offset -= skip;
    if (list_sql_key_count(request) > 1 || leaves || out->offset > LIST_FIND_CHANGED_MAX) {
        return RESULT_NOT_FOUND;
    }
    return pick_first(f, skip, out->offset + request->limit + 1, set);
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
    bool leaves = list_narrow_leaves(f);
    number_set_unite(&candidates, &f->changed);
    out->candidates = number_set_json(&candidates, f->arena);
    out->uncounted = leaves ? out->candidates : number_set_json(&f->changed, f->arena);
    out->total = leaves ? 0 : count;
    return out->candidates.at != NULL && out->uncounted.at != NULL ? RESULT_OK : RESULT_INTERNAL;
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
    if (result == RESULT_OK) {
        result = list_narrow(&f);
    }
    return result == RESULT_OK ? write_found(&f, out) : result;
}
