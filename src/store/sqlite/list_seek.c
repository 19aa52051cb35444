#include "store/sqlite/list_seek.h"

#include "store/sqlite/list_rank.h"
#include "store/sqlite/user_list_sql.h"

/* --- how many there are up to a rank ---------------------------------------------------------- */

/* A half, and the ranks among which the one looked for still can be. */
struct side {
    const struct half *half;
    int64_t *before; /* for each part of the order, and the end: how many there are in those before
                        it */
    int64_t from;
    int64_t until;
    int64_t before_from; /* how many there are up to these */
    int64_t before_until;
};

/* All are there: nothing need be read. */
static void count_all(struct side *side)
{
    for (int64_t rank = side->from; rank < side->until;) {
        int64_t end = (rank / LIST_ORDER_PART + 1) * LIST_ORDER_PART;
        end = end < side->until ? end : side->until;
        side->before[rank / LIST_ORDER_PART + 1] = end - side->from;
        rank = end;
    }
}

static enum result count_parts(struct finding *f, struct side *side)
{
    if (side->from >= side->until) {
        return RESULT_OK;
    }
    if (!side->half->narrowed && f->changed_count == 0) {
        count_all(side);
        return RESULT_OK;
    }
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk =
        list_order_walk_open(f->handle, &side->half->order, side->from, false);
    struct list_filter filter = list_half_filter(f, side->half);
    enum result result = RESULT_OK;
    for (int64_t rank = side->from; rank < side->until && result == RESULT_OK;) {
        struct list_order_part part;
        result = list_order_walk_next(&walk, &part);
        if (result == RESULT_OK) {
            int64_t left = side->until - rank;
            int64_t len = (int64_t)part.count < left ? (int64_t)part.count : left;
            int64_t *before = &side->before[rank / LIST_ORDER_PART];
            before[1] = before[0] + list_filter_count(filter, &part, (size_t)len);
            rank += len;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

static enum result open_side(struct finding *f, const struct half *half, struct side *side)
{
    *side = (struct side){.half = half};
    if (half->wanted) {
        side->from = half->from;
        side->until = half->until;
    }
    size_t parts = (size_t)(side->until / LIST_ORDER_PART) + 2;
    side->before = arena_take_array(f->arena, parts, sizeof *side->before);
    enum result result = side->before != NULL ? count_parts(f, side) : RESULT_INTERNAL;
    if (side->from < side->until) {
        side->before_until = side->before[(side->until - 1) / LIST_ORDER_PART + 1];
    }
    return result;
}

/* How many there are in the half below a rank that is one of its own. */
static enum result count_before(struct finding *f, const struct side *side, int64_t rank,
                                int64_t *count)
{
    int64_t part_from = rank / LIST_ORDER_PART * LIST_ORDER_PART;
    int64_t first = part_from > side->half->from ? part_from : side->half->from;
    *count = side->before[rank / LIST_ORDER_PART];
    if (first >= rank) {
        return RESULT_OK;
    }
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk = list_order_walk_open(f->handle, &side->half->order, first, false);
    struct list_order_part part;
    enum result result = list_order_walk_next(&walk, &part);
    *count += result == RESULT_OK ? list_filter_count(list_half_filter(f, side->half), &part,
                                                      (size_t)(rank - first))
                                  : 0;
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

/* The part in which the one before whom there are `index` stands. */
static int64_t find_part(const struct side *side, int64_t index)
{
    int64_t from = side->half->from / LIST_ORDER_PART;
    int64_t until = (side->half->until - 1) / LIST_ORDER_PART + 1;
    while (from + 1 < until) {
        int64_t middle = from + (until - from) / 2;
        if (side->before[middle] <= index) {
            from = middle;
        } else {
            until = middle;
        }
    }
    return from;
}

/* The one of the half before whom there are `index` in it. */
static enum result find_at(struct finding *f, const struct side *side, int64_t index,
                           int64_t *number)
{
    int64_t place = find_part(side, index);
    int64_t first = place * LIST_ORDER_PART;
    first = first > side->half->from ? first : side->half->from;
    CLEANUP(list_order_walk_close)
    struct list_order_walk walk = list_order_walk_open(f->handle, &side->half->order, first, false);
    struct list_order_part part;
    enum result result = list_order_walk_next(&walk, &part);
    struct list_filter filter = list_half_filter(f, side->half);
    int64_t left = index - side->before[place];
    for (size_t i = 0; result == RESULT_OK && i < part.count; i++) {
        *number = list_order_number(&part, i);
        if (list_filter_has(filter, *number) && left-- == 0) {
            return RESULT_OK;
        }
    }
    return result == RESULT_OK || result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

/* --- by one field, in both halves ------------------------------------------------------------- */

/* One in the middle of a side, who stands there still. */
struct middle {
    int64_t rank;
    int64_t number;
};

/* False when nobody does from the middle on: there the side ends now. */
static enum result find_middle(struct finding *f, struct side *side, struct middle *middle,
                               bool *found)
{
    int64_t rank = side->from + (side->until - side->from) / 2;
    middle->rank = rank;
    enum result result =
        list_rank_skip_changed(f, &side->half->order, &middle->rank, side->until, &middle->number);
    *found = result == RESULT_OK && middle->rank < side->until;
    if (result == RESULT_OK && !*found) {
        side->until = rank;
        result = count_before(f, side, rank, &side->before_until);
    }
    return result;
}

static enum result stands_before(struct finding *f, size_t level, int64_t number, int64_t peer,
                                 bool *before)
{
    char text[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view condition;
    const struct list_comparison less = {
        .field = f->request->sort[level].field, .relation = "<", .tied = true};
    builder_init_fixed(&b, text, sizeof text);
    list_sql_compare(&b, &less);
    builder_char(&b, '\0');
    f->values[LIST_PEER - 1] = sql_number(peer);
    return builder_end(&b, &condition) ? list_rank_test(f, condition.at, number, before)
                                       : RESULT_INTERNAL;
}

/* The middle of `lower` stands before that of `upper`: one side loses what cannot be it. */
static enum result cut(struct finding *f, struct side *lower, struct side *upper,
                       int64_t lower_rank, int64_t upper_rank, int64_t *index)
{
    int64_t in_lower = 0;
    int64_t in_upper = 0;
    enum result result = count_before(f, lower, lower_rank + 1, &in_lower);
    if (result == RESULT_OK) {
        result = count_before(f, upper, upper_rank, &in_upper);
    }
    if (*index < in_lower - lower->before_from + in_upper - upper->before_from) {
        upper->until = upper_rank;
        upper->before_until = in_upper;
    } else {
        *index -= in_lower - lower->before_from;
        lower->from = lower_rank + 1;
        lower->before_from = in_lower;
    }
    return result;
}

static enum result halve(struct finding *f, size_t level, struct side sides[2], int64_t *index)
{
    struct middle middles[2];
    bool before = false;
    for (size_t i = 0; i < 2; i++) {
        bool found = false;
        enum result result = find_middle(f, &sides[i], &middles[i], &found);
        if (result != RESULT_OK || !found) {
            return result;
        }
    }
    enum result result = stands_before(f, level, middles[0].number, middles[1].number, &before);
    size_t lower = before ? 0 : 1;
    return result == RESULT_OK ? cut(f, &sides[lower], &sides[1 - lower], middles[lower].rank,
                                     middles[1 - lower].rank, index)
                               : result;
}

/* The one before whom, in both sides together, `index` stand in the direction of the orders. */
static enum result select_one(struct finding *f, size_t level, struct side sides[2], int64_t index,
                              int64_t *number)
{
    enum result result = RESULT_OK;
    while (result == RESULT_OK) {
        for (size_t i = 0; i < 2; i++) {
            const struct side *other = &sides[1 - i];
            if (other->before_from == other->before_until) {
                return find_at(f, &sides[i], sides[i].before_from + index, number);
            }
        }
        result = halve(f, level, sides, &index);
    }
    return result;
}

/* --- by several ------------------------------------------------------------------------------- */

static enum result unite(struct finding *f, const struct half halves[2], struct number_set *out)
{
    if (!number_set_init(out, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < 2; i++) {
        if (halves[i].wanted) {
            number_set_unite(out, &halves[i].found);
        }
    }
    return RESULT_OK;
}

static enum result seek_number(struct finding *f, const struct half halves[2], size_t level,
                               int64_t skip, int64_t *number)
{
    struct number_set both;
    enum result result = unite(f, halves, &both);
    *number = -1;
    if (result == RESULT_OK && skip < number_set_count(&both)) {
        int64_t behind = number_set_count(&both) - 1 - skip;
        *number = number_set_at(&both, list_half_goes_down(f, level) ? behind : skip);
    }
    return result;
}

static int64_t count_side(const struct side *side)
{
    int64_t until = side->half->wanted ? side->half->until : 0;
    return until > 0 ? side->before[(until - 1) / LIST_ORDER_PART + 1] : 0;
}

/* By one field and id. -1 when there are not so many. */
static enum result seek_by_one(struct finding *f, const struct half halves[2], struct side sides[2],
                               size_t level, int64_t skip, int64_t *number)
{
    enum result result = open_side(f, &halves[0], &sides[0]);
    if (result == RESULT_OK) {
        result = open_side(f, &halves[1], &sides[1]);
    }
    int64_t behind = count_side(&sides[0]) + count_side(&sides[1]) - 1 - skip;
    *number = -1;
    if (result != RESULT_OK || behind < 0) {
        return result;
    }
    return select_one(f, level, sides, list_half_goes_down(f, level) ? behind : skip, number);
}

/* Those of one half who tie with the anchor, as the next field orders them; *before: how many come
   before them in the list. */
static enum result take_ties(struct finding *f, const struct side *side, size_t level,
                             const struct list_anchor *anchor, struct half *out, int64_t *before)
{
    bool down = list_half_goes_down(f, level);
    struct list_ranks ties;
    int64_t count = 0;
    enum result result = list_half_find_ties(f, side->half, level, anchor, &ties);
    if (result == RESULT_OK) {
        result = count_before(f, side, down ? ties.until : ties.from, &count);
    }
    *before += down ? count_side(side) - count : count;
    return result == RESULT_OK ? list_half_take(f, side->half, ties, level + 1, out) : result;
}

/* Of both halves: these are the ties from now on, and fewer are to be left out. */
static enum result keep_ties(struct finding *f, struct half halves[2], const struct side sides[2],
                             size_t level, const struct list_anchor *anchor, int64_t *skip)
{
    enum result result = RESULT_OK;
    int64_t before = 0;
    for (size_t i = 0; i < 2 && result == RESULT_OK; i++) {
        struct half ties;
        if (halves[i].wanted) {
            result = take_ties(f, &sides[i], level, anchor, &ties, &before);
            halves[i] = result == RESULT_OK ? ties : halves[i];
        }
    }
    *skip -= before;
    return result;
}

/* *found: out is the one. Else it is among those who tie with it: they are the halves then. */
static enum result seek_level(struct finding *f, struct half halves[2], size_t level, int64_t *skip,
                              struct list_anchor *out, bool *found)
{
    struct side sides[2];
    struct number_set ties;
    *found = true;
    if (list_half_is_by_number(f, level)) {
        return seek_number(f, halves, level, *skip, &out->number);
    }
    enum result result = seek_by_one(f, halves, sides, level, *skip, &out->number);
    if (result != RESULT_OK || out->number < 0 || list_half_is_last(f, level)) {
        return result;
    }
    result = keep_ties(f, halves, sides, level, out, skip);
    if (result == RESULT_OK) {
        result = unite(f, halves, &ties);
    }
    *found = result == RESULT_OK && number_set_count(&ties) <= LIST_TIES_FEW;
    out->few_level = *found ? level + 1 : 0;
    return result;
}

enum result list_seek(struct finding *f, int64_t skip, struct list_anchor *out, int64_t *left)
{
    struct half halves[2] = {f->halves[0], f->halves[1]};
    *out = (struct list_anchor){.number = -1};
    *left = 0;
    enum result result = RESULT_OK;
    bool found = false;
    for (size_t level = 0; result == RESULT_OK && !found; level++) {
        result = seek_level(f, halves, level, &skip, out, &found);
    }
    *left = out->few_level > 0 ? skip : 0;
    return result;
}
