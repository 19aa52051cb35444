/* Picks those who come first in the list, or behind someone. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_PICK_H
#define LATCHKEY_STORE_SQLITE_LIST_PICK_H

#include "store/sqlite/list_half.h"

/* Adds of each half that is wanted those who come first in the list, at least `want` of them where
   there are so many, and perhaps others behind them. anchor: only those behind it, or it and
   all that it stands for; NULL: from the beginning on. skip: so many are left out first; only with
   one half and one field. */
MUST_CHECK enum result list_pick(struct finding *f, const struct list_anchor *anchor, int64_t skip,
                                 int64_t want, struct number_set *out);

#endif
