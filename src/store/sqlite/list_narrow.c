#include "store/sqlite/list_narrow.h"

#include "store/sqlite/list_rank.h"
#include "store/sqlite/list_search.h"
#include "store/sqlite/list_term.h"
#include "store/sqlite/search_text.h"
#include "store/sqlite/user_list_sql.h"

/* Filters that are ranges of an order: how a person there stands to its ends. */
static const struct {
    enum user_filter_bit bit;
    enum user_sort_field sort;
    const char *from;  /* at or behind the beginning */
    const char *until; /* behind the end */
} ranges[] = {
    {USER_FILTER_STATUS, USER_SORT_STATUS, "u.status >= ?10", "u.status > ?10"},
    {USER_FILTER_AGE, USER_SORT_AGE, "u.age_order >= ?11", "u.age_order > ?12"},
    {USER_FILTER_CREATED, USER_SORT_CREATED, "u.created_ms > ?13", "u.created_ms >= ?14"},
};
/* A short search: any of these. */
static const struct {
    enum user_sort_field sort;
    const char *from;
    const char *until;
} beginnings[] = {
    {USER_SORT_USERNAME, "u.username_key >= ?5", "u.username_key >= ?6"},
    {USER_SORT_EMAIL, "u.email_order >= ?5", "u.email_order >= ?6"},
    {USER_SORT_NAME, "u.name_order >= ?5", "u.name_order >= ?6"},
};

bool list_narrow_is_short_search(const struct finding *f)
{
    return list_finding_has(f, USER_FILTER_SEARCH) &&
           !search_text_is_indexed(f->values[LIST_PART - 1].bytes);
}

unsigned list_narrow_sorts(const struct finding *f)
{
    unsigned sorts = 0;
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        sorts |= list_finding_has(f, ranges[i].bit) ? 1U << ranges[i].sort : 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(beginnings) && list_narrow_is_short_search(f); i++) {
        sorts |= 1U << beginnings[i].sort;
    }
    return sorts;
}

unsigned list_narrow_changes(const struct finding *f)
{
    return (list_finding_has(f, USER_FILTER_SEARCH) ? LIST_CHANGED_TEXTS : 0) |
           (list_finding_has(f, USER_FILTER_ROLE) ? LIST_CHANGED_ROLES : 0);
}

bool list_narrow_leaves(const struct finding *f)
{
    static const unsigned known = USER_FILTER_SEARCH | USER_FILTER_ROLE | USER_FILTER_STATUS |
                                  USER_FILTER_AGE | USER_FILTER_CREATED;
    return (f->request->filter.mask & ~known) != 0;
}

/* Keeps of the half those who are in the set too; the set is the half's from now on. */
static void narrow(struct half *half, const struct number_set *set)
{
    if (half->narrowed) {
        number_set_keep(&half->found, set);
    } else {
        half->found = *set;
        half->narrowed = true;
    }
}

static enum result narrow_to_range(struct finding *f, struct half *half, size_t i)
{
    struct list_order order;
    struct number_set set;
    int64_t from = 0;
    int64_t until = 0;
    enum result result = list_order_find(f->handle, ranges[i].sort, half->gone, &order);
    if (result == RESULT_OK && !number_set_init(&set, f->limit, f->arena)) {
        result = RESULT_INTERNAL;
    }
    if (result == RESULT_OK) {
        result = list_rank_find_range(f, &order, ranges[i].from, ranges[i].until, &from, &until);
    }
    if (result == RESULT_OK) {
        result = list_rank_add(f, &order, from, until, &set);
    }
    if (result != RESULT_OK) {
        return result;
    }
    if (order.id == half->order.id) {
        half->from = from;
        half->until = until;
    }
    narrow(half, &set);
    return RESULT_OK;
}

static enum result add_beginnings(struct finding *f, bool gone, struct number_set *set)
{
    enum result result = RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(beginnings) && result == RESULT_OK; i++) {
        struct list_order order;
        int64_t from = 0;
        int64_t until = 0;
        result = list_order_find(f->handle, beginnings[i].sort, gone, &order);
        if (result == RESULT_OK) {
            result = list_rank_find_range(f, &order, beginnings[i].from, beginnings[i].until, &from,
                                          &until);
        }
        if (result == RESULT_OK) {
            result = list_rank_add(f, &order, from, until, set);
        }
    }
    return result;
}

/* A statement of numbers, between two. */
static enum result add_rows(struct finding *f, enum statement statement, struct sql_value value,
                            int64_t from, int64_t until, struct number_set *set)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(f->handle, statement, SQL_BIND(value, sql_number(from), sql_number(until)));
    enum result result = sql_row(&query);
    for (; result == RESULT_OK; result = sql_row(&query)) {
        number_set_add(set, sql_get_number(&query, 0));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* Where one block does not know, all are looked for: the orders are not by number. */
static enum result fill_beginning(void *context, int64_t from, int64_t until,
                                  struct number_set *set)
{
    struct finding *f = context;
    enum result result = RESULT_OK;
    (void)from;
    (void)until;
    for (size_t i = 0; i < ARRAY_LEN(f->halves) && result == RESULT_OK && !f->began; i++) {
        result = f->halves[i].wanted ? add_beginnings(f, f->halves[i].gone, set) : RESULT_OK;
    }
    f->began = true;
    return result;
}

static enum result fill_role(void *context, int64_t from, int64_t until, struct number_set *set)
{
    struct finding *f = context;
    return add_rows(f, STATEMENT_LIST_HOLDERS, f->values[LIST_ROLE - 1], from, until, set);
}

/* Each adds all, deleted or not, whom the filter finds. */
typedef enum result adder(struct finding *f, struct number_set *set);

static enum result add_role(struct finding *f, struct number_set *set)
{
    return list_term_add(f->handle, LIST_TERM_ROLE, f->values[LIST_ROLE - 1], fill_role, f, set);
}

static enum result add_search(struct finding *f, struct number_set *set)
{
    struct sql_value part = f->values[LIST_PART - 1];
    return list_narrow_is_short_search(f)
               ? list_term_add(f->handle, LIST_TERM_BEGINNING, part, fill_beginning, f, set)
               : list_search_add(f->handle, part.bytes, f->arena, set);
}

static enum result narrow_both(struct finding *f, adder *add)
{
    struct number_set set;
    if (!number_set_init(&set, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    enum result result = add(f, &set);
    for (size_t i = 0; i < ARRAY_LEN(f->halves) && result == RESULT_OK; i++) {
        struct number_set copy;
        if (f->halves[i].wanted && !number_set_copy(&copy, &set, f->arena)) {
            return RESULT_INTERNAL;
        }
        if (f->halves[i].wanted) {
            narrow(&f->halves[i], &copy);
        }
    }
    return result;
}

static enum result narrow_to_terms(struct finding *f)
{
    enum result result =
        list_finding_has(f, USER_FILTER_ROLE) ? narrow_both(f, add_role) : RESULT_OK;
    return result == RESULT_OK && list_finding_has(f, USER_FILTER_SEARCH)
               ? narrow_both(f, add_search)
               : result;
}

static enum result narrow_to_ranges(struct finding *f, struct half *half, bool *any)
{
    enum result result = RESULT_OK;
    *any = false;
    for (size_t i = 0; i < ARRAY_LEN(ranges) && result == RESULT_OK; i++) {
        if (list_finding_has(f, ranges[i].bit)) {
            result = narrow_to_range(f, half, i);
            *any = true;
        }
    }
    return result;
}

/* Terms are of deleted people too: the other half is taken away. */
static enum result leave_other_half(struct finding *f, struct half *half)
{
    const struct list_order *other = &f->halves[half->gone ? 0 : 1].order;
    struct number_set set;
    if (!number_set_init(&set, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    enum result result = list_rank_add(f, other, 0, other->count, &set);
    number_set_remove(&half->found, &set);
    return result;
}

/* By number there is no order that says who there is. */
static enum result narrow_to_half(struct finding *f, struct half *half)
{
    struct number_set set;
    if (!number_set_init(&set, f->limit, f->arena)) {
        return RESULT_INTERNAL;
    }
    enum result result = list_rank_add(f, &half->order, 0, half->order.count, &set);
    narrow(half, &set);
    return result;
}

static bool is_by_number(const struct finding *f)
{
    return f->request->sort[0].field == USER_SORT_NUMBER;
}

enum result list_narrow(struct finding *f)
{
    enum result result = narrow_to_terms(f);
    for (size_t i = 0; i < ARRAY_LEN(f->halves) && result == RESULT_OK; i++) {
        struct half *half = &f->halves[i];
        bool by_range = false;
        if (!half->wanted) {
            continue;
        }
        result = narrow_to_ranges(f, half, &by_range);
        if (result == RESULT_OK && !half->narrowed && is_by_number(f)) {
            result = narrow_to_half(f, half);
        } else if (result == RESULT_OK && !by_range && half->narrowed) {
            result = leave_other_half(f, half);
        }
        if (half->narrowed) {
            number_set_remove(&half->found, &f->changed);
        }
    }
    return result;
}
