/* Orders of one or several keys in statements: ORDER BY, and what stands behind a position. Pure:
   columns are constant texts, values are parameters. */
#ifndef LATCHKEY_STORE_SQLITE_KEYSET_H
#define LATCHKEY_STORE_SQLITE_KEYSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/builder.h"

#define KEYSET_MAX 16

struct keyset_key {
    const char *column;
    bool down; /* in the direction of reading */
};

struct keyset {
    struct keyset_key keys[KEYSET_MAX];
    size_t count;    /* at least 1 */
    const char *tie; /* what decides between equals, in the last key's direction; NULL: the last key
                        is nobody else's */
};

/* " ORDER BY k1, k2 DESC, tie DESC" */
void keyset_add_order(struct builder *b, const struct keyset *keyset);
/* " AND …": behind the position whose keys are the parameters from ?first_key on, and its tie the
   parameter ?tie. In a form that SQLite narrows an index by: (k1, tie) > (?, ?), or for several
   keys k1 >= ? AND (k1 > ? OR (k1 = ? AND (…))). */
void keyset_add_behind(struct builder *b, const struct keyset *keyset, int first_key, int tie);

#endif
