#ifndef LATCHKEY_API_OPENAPI_H
#define LATCHKEY_API_OPENAPI_H

#include <stddef.h>

#include "api/row.h"
#include "base/arena.h"
#include "base/attributes.h"

enum openapi_layout { OPENAPI_COMPACT, OPENAPI_PRETTY };

/* The OpenAPI 3.1 document of these rows (hidden ones are left out), made of nothing but the rows
   and their tables; title and description are the set's. In the arena; .at NULL when out of memory.
   Not for hot paths. */
MUST_CHECK struct view openapi_write(const struct row_set *set, const struct row *const *rows,
                                     size_t count, enum openapi_layout layout, struct arena *arena);

#endif
