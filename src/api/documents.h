/* The OpenAPI documents that a server offers: one of all that is mounted at "/", one of the native
   API, one of each dialect. Each is written when it is first asked for: few servers are asked, and
   writing one takes more memory than a server at rest needs. Inside api/ only. */
#ifndef LATCHKEY_API_DOCUMENTS_H
#define LATCHKEY_API_DOCUMENTS_H

#include <stdbool.h>

#include "api/context.h"
#include "base/attributes.h"

/* Says which documents there are and binds a row to each path of theirs: before the router is
   built. False when out of memory. */
MUST_CHECK bool documents_bind(struct api *api);
/* Says what the docs pages offer. False when out of memory. */
MUST_CHECK bool documents_list(struct api *api);
/* The text of a document and its entity tag, both as long as the api is there. False when out of
   memory; another try may do better. Thread-safe: who comes first writes it, in milliseconds. */
MUST_CHECK bool documents_read(const struct api_document *document, struct view *body,
                               struct view *etag);
/* Gives the texts back; nobody reads any more. */
void documents_free(struct api *api);

#endif
