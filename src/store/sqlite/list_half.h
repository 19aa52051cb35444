/* One half of the people as one field of the sort orders them. Fields are counted from 0: `level`;
   what ties by one is sorted by the next. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_HALF_H
#define LATCHKEY_STORE_SQLITE_LIST_HALF_H

#include "store/sqlite/list_finding.h"

/* So many who tie are sorted without more ado. */
#define LIST_TIES_FEW 200

/* Ranks of an order: of those from the one on and below the other. */
struct list_ranks {
    int64_t from;
    int64_t until;
};

/* One whom others are compared with: who has that number, or the request's position. */
struct list_anchor {
    bool is_position;
    int64_t number;
    size_t few_level; /* not 0: stands for all who tie by the fields before that one */
};

/* Of ties by the last field the id decides, and there are none by number. */
static inline bool list_half_is_last(const struct finding *f, size_t level)
{
    return level + 1 == f->request->sort_count || f->request->sort[level].field == USER_SORT_NUMBER;
}
static inline bool list_half_is_by_number(const struct finding *f, size_t level)
{
    return f->request->sort[level].field == USER_SORT_NUMBER;
}
/* True when the list is read from the end of the order. */
static inline bool list_half_goes_down(const struct finding *f, size_t level)
{
    return f->request->sort[level].descending != f->request->backward;
}
/* Who of those at some rank is to be listed, where that is known: nobody who has changed. A copy,
   so that a loop over many keeps it in registers. */
struct list_filter {
    struct number_set set;
    bool inside; /* those in the set; false: those who are not in it */
};
static inline struct list_filter list_half_filter(const struct finding *f, const struct half *half)
{
    return (struct list_filter){half->narrowed ? half->found : f->changed, half->narrowed};
}
static inline bool list_filter_has(struct list_filter filter, int64_t number)
{
    return number_set_has(&filter.set, number) == filter.inside;
}
/* How many of the first `len` of the part. */
static inline int64_t list_filter_count(struct list_filter filter,
                                        const struct list_order_part *part, size_t len)
{
    int64_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += list_filter_has(filter, list_order_number(part, i));
    }
    return count;
}

/* The ranks in the half of those with the anchor's value. */
MUST_CHECK enum result list_half_find_ties(struct finding *f, const struct half *half, size_t level,
                                           const struct list_anchor *anchor,
                                           struct list_ranks *out);
/* The ranks of those behind the anchor in the list, by this field and then by id. */
MUST_CHECK enum result list_half_find_behind(struct finding *f, const struct half *half,
                                             size_t level, const struct list_anchor *anchor,
                                             struct list_ranks *out);
/* Those of the half with these ranks, as the field `level` orders them. */
MUST_CHECK enum result list_half_take(struct finding *f, const struct half *half,
                                      struct list_ranks ranks, size_t level, struct half *out);

#endif
