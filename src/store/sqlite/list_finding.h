/* Inside list_find.c and its helpers only: one run. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_FINDING_H
#define LATCHKEY_STORE_SQLITE_LIST_FINDING_H

#include "model/user_list.h"
#include "store/sqlite/list_order.h"
#include "store/sqlite/number_set.h"
#include "store/sqlite/sql.h"

/* Those that are not deleted, or those that are, as one field sorts them. */
struct half {
    bool wanted;
    bool gone;
    struct list_order order; /* of the field; none by number */
    bool narrowed;           /* by a filter: found says who is left; by number always */
    struct number_set found;
    int64_t from; /* ranks of the order in which they can be */
    int64_t until;
};

struct finding {
    struct sqlite_handle *handle;
    struct arena *arena;
    const struct user_list_request *request;
    struct sql_value *values;
    int64_t limit; /* above every number */
    struct half halves[2];
    unsigned changes;          /* what of the changes matters: bits of list_changed.what */
    int64_t round;             /* from which round on */
    struct number_set changed; /* they are looked at one by one */
    int64_t changed_count;
    struct number_set matching; /* of these, who matches */
    int64_t matching_count;
    bool began; /* beginnings have been looked for in the orders */
};

static inline bool list_finding_has(const struct finding *f, enum user_filter_bit bit)
{
    return (f->request->filter.mask & (unsigned)bit) != 0;
}

#endif
