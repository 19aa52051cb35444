/* Places in the orders of list_order.h. Who has changed since an order was made stands elsewhere
   now, and is left out. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_RANK_H
#define LATCHKEY_STORE_SQLITE_LIST_RANK_H

#include "store/sqlite/list_finding.h"
#include "store/sqlite/list_planes.h"

/* Whether the condition (SQL on a row `u` of users, with the finding's values) holds for that
   person, as the database has them. */
MUST_CHECK enum result list_rank_test(struct finding *f, const char *condition, int64_t number,
                                      bool *holds);
/* The first rank from *rank on, below until, whose person has not changed, and who that is: only
   these stand where they stood. *rank is until when there is none. */
MUST_CHECK enum result list_rank_skip_changed(struct finding *f, const struct list_order *order,
                                              int64_t *rank, int64_t until, int64_t *number);
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
/* The same with the order's planes, which list_rank_add uses where it is worth while. */
MUST_CHECK enum result list_rank_add_chunks(struct finding *f, const struct list_order *order,
                                            const struct list_planes *planes, int64_t from,
                                            int64_t until, struct number_set *set);

#endif
