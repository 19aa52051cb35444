#ifndef LATCHKEY_API_OPENAPI_H
#define LATCHKEY_API_OPENAPI_H

#include <stdbool.h>
#include <stddef.h>

#include "api/row.h"
#include "base/arena.h"
#include "base/attributes.h"

enum openapi_layout { OPENAPI_COMPACT, OPENAPI_PRETTY };

/* The rows of one set in a document. */
struct openapi_part {
    const struct row_set *set;
    struct view prefix; /* where it is mounted: "" or "/legacy" */
    const struct row *const *rows;
    size_t count;
    bool apart; /* its schemas and its security scheme are named after the set: the plain names
                   belong to another part */
};

/* The OpenAPI 3.1 document of these rows (hidden ones are left out), made of nothing but the rows
   and their tables; title and description are the first part's. In the arena; .at NULL when out of
   memory. Not for hot paths. */
MUST_CHECK struct view openapi_write(const struct openapi_part *parts, size_t count,
                                     enum openapi_layout layout, struct arena *arena);

#endif
