/* Places in the orders of list_order.h. Who has changed since an order was made stands elsewhere
   now, and is left out. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_RANK_H
#define LATCHKEY_STORE_SQLITE_LIST_RANK_H

#include "store/sqlite/list_finding.h"

/* The first rank where the condition (SQL on a row `u` of users, with the finding's values) is as
   wanted, which it is from there on to the end. */
MUST_CHECK enum result list_rank_find(struct finding *f, const struct list_order *order,
                                      const char *condition, bool wanted, int64_t *out);
/* The ranks from the first where the one condition holds up to the first where the other does. */
MUST_CHECK enum result list_rank_find_range(struct finding *f, const struct list_order *order,
                                            const char *from_condition, const char *until_condition,
                                            int64_t *from, int64_t *until);
/* Adds those who stand there, changed ones too. */
MUST_CHECK enum result list_rank_add(struct finding *f, const struct list_order *order,
                                     int64_t from, int64_t until, struct number_set *set);

#endif
