/* The catalogue of permissions: what the rows ask for is what can be granted. */
#ifndef LATCHKEY_API_PERMISSIONS_H
#define LATCHKEY_API_PERMISSIONS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "model/role.h"

/* Every permission that a row of the native API needs, by name, with the operations that need it;
   in the arena. NULL when out of memory. */
MUST_CHECK const struct permission *permissions_list(struct arena *arena, size_t *count);

#endif
