/* The OpenAPI documents that a server offers: one of all that is mounted at "/", one of the native
   API, one of each dialect. Made once, when it starts; inside api/ only. */
#ifndef LATCHKEY_API_DOCUMENTS_H
#define LATCHKEY_API_DOCUMENTS_H

#include <stdbool.h>

#include "api/context.h"
#include "base/attributes.h"

/* Says which documents there are and binds a row to each path of theirs: before the router is
   built. False when out of memory. */
MUST_CHECK bool documents_bind(struct api *api);
/* Writes them, with what the docs pages offer. False when out of memory. */
MUST_CHECK bool documents_build(struct api *api);

#endif
