/* Makes the orders and terms that lists of people are found by (migrations/sqlite, list_find.h)
   from the people themselves: in the background, piece by piece, without holding other writers up.
   Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_TEND_H
#define LATCHKEY_STORE_SQLITE_LIST_TEND_H

#include "store/sqlite/connection.h"

enum result sqlite_list_tend(struct store_handle *handle, int64_t changes_min, bool *more);

#endif
