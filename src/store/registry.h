/* Which back end a database URL means. */
#ifndef LATCHKEY_STORE_REGISTRY_H
#define LATCHKEY_STORE_REGISTRY_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/result.h"
#include "base/view.h"
#include "store/backend.h"

/* The back end for the scheme of url. BAD_REQUEST with a line in message when there is no such
   scheme, or this build lacks it. Pure. */
MUST_CHECK enum result registry_find(struct view url, const struct store_backend **out,
                                     char *message, size_t message_size);

#endif
