/* Finding a literal part of texts: by the rarest of its parts of three characters, which an index
   leads to, and then by looking at the texts of those found. */
#ifndef LATCHKEY_STORE_MONGO_SEARCH_H
#define LATCHKEY_STORE_MONGO_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* Adds the condition that leads to documents with the folded text of at least PARTS_CHARS
   characters in them. *exact: no more has to be looked at. */
MUST_CHECK enum result mongo_search_add_part(struct mongo_handle *handle,
                                             enum mongo_collection collection, struct view folded,
                                             bson_t *filter, bool *exact);

/* Adds the condition that part stands, literally, in one of the texts that the paths name
   ("$search.text"). Nothing in it is a pattern. */
void mongo_search_add_literal(bson_t *filter, const char *const *paths, size_t count,
                              struct view part);

#endif
