#include "store/sqlite/list_half.h"

#include "store/sqlite/list_rank.h"
#include "store/sqlite/user_list_sql.h"

/* The first rank in the half where the order has come to that relation with the anchor. */
static enum result find_rank(struct finding *f, const struct half *half, size_t level,
                             const struct list_anchor *anchor, struct list_comparison comparison,
                             int64_t *rank)
{
    char text[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view condition;
    comparison.field = f->request->sort[level].field;
    comparison.key = anchor->is_position ? LIST_KEY + (int)level : 0;
    builder_init_fixed(&b, text, sizeof text);
    list_sql_compare(&b, &comparison);
    builder_char(&b, '\0');
    if (!builder_end(&b, &condition)) {
        return RESULT_INTERNAL;
    }
    f->values[LIST_PEER - 1] = sql_number(anchor->number);
    enum result result = list_rank_find(f, &half->order, condition.at, true, rank);
    *rank = *rank < half->from ? half->from : *rank;
    *rank = *rank > half->until ? half->until : *rank;
    return result;
}

enum result list_half_find_ties(struct finding *f, const struct half *half, size_t level,
                                const struct list_anchor *anchor, struct list_ranks *out)
{
    const struct list_comparison from = {.relation = ">="};
    const struct list_comparison until = {.relation = ">"};
    *out = (struct list_ranks){half->from, half->until};
    enum result result = find_rank(f, half, level, anchor, from, &out->from);
    return result == RESULT_OK ? find_rank(f, half, level, anchor, until, &out->until) : result;
}

enum result list_half_find_behind(struct finding *f, const struct half *half, size_t level,
                                  const struct list_anchor *anchor, struct list_ranks *out)
{
    bool down = list_half_goes_down(f, level);
    const struct list_comparison edge = {.relation = down ? ">=" : ">", .tied = true};
    *out = (struct list_ranks){half->from, half->until};
    return find_rank(f, half, level, anchor, edge, down ? &out->until : &out->from);
}

static enum result turn(struct finding *f, size_t level, struct half *half)
{
    enum user_sort_field field = f->request->sort[level].field;
    if (field == USER_SORT_NUMBER) {
        return RESULT_OK;
    }
    enum result result = list_order_find(f->handle, field, half->gone, &half->order);
    half->from = 0;
    half->until = half->order.count;
    return result;
}

enum result list_half_take(struct finding *f, const struct half *half, struct list_ranks ranks,
                           size_t level, struct half *out)
{
    *out = *half;
    out->narrowed = true;
    if (!number_set_init(&out->found, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    enum result result = list_rank_add(f, &half->order, ranks.from, ranks.until, &out->found);
    if (half->narrowed) {
        number_set_keep(&out->found, &half->found);
    } else {
        number_set_remove(&out->found, &f->changed);
    }
    return result == RESULT_OK ? turn(f, level, out) : result;
}
