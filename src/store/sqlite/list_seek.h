/* Finds who stands at some place of a list, counted from its beginning: a page there is then one
   behind a person. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_SEEK_H
#define LATCHKEY_STORE_SQLITE_LIST_SEEK_H

#include "store/sqlite/list_half.h"

/* *out: the one before whom `skip` others stand, of those in the halves that are wanted and without
   anybody who has changed; its number is -1 when there are not so many. Where few tie, it stands
   for all of them (few_level), and *left is how many of them stand before the one looked for; else
   that is 0. Not for a request with a position. */
MUST_CHECK enum result list_seek(struct finding *f, int64_t skip, struct list_anchor *out,
                                 int64_t *left);

#endif
