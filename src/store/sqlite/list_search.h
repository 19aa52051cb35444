/* Finds a part of a text: by the terms of list_tend.c where it is frequent, else by the index of
   trigrams. That index is slow where trigrams of the part are frequent though the part is not, as
   in "77@example.com": there the sets of the frequent ones and the index for the others lead to few
   people, whose texts are looked at. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_SEARCH_H
#define LATCHKEY_STORE_SQLITE_LIST_SEARCH_H

#include "store/sqlite/number_set.h"
#include "store/sqlite/sql.h"

/* Adds all, deleted or not, one of whose texts has the part: folded, of three characters or more.
 */
MUST_CHECK enum result list_search_add(struct sqlite_handle *handle, struct view part,
                                       struct arena *arena, struct number_set *set);

#endif
