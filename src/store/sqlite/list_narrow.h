/* Filters as sets of people. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_NARROW_H
#define LATCHKEY_STORE_SQLITE_LIST_NARROW_H

#include "store/sqlite/list_finding.h"

/* The sorts whose orders the filters need: bits 1 << enum user_sort_field. */
unsigned list_narrow_sorts(const struct finding *f);
/* What of a change matters to the filters beside these orders: bits of list_changed.what. */
unsigned list_narrow_changes(const struct finding *f);
/* True when the filters say more than sets can. */
bool list_narrow_leaves(const struct finding *f);
/* True when `q` is looked for at the beginnings of texts. */
bool list_narrow_is_short_search(const struct finding *f);
/* Leaves in each half that is wanted only those whom every filter finds, and nobody who has
   changed. */
MUST_CHECK enum result list_narrow(struct finding *f);

#endif
