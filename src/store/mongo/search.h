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

/* An expression that says where part begins in the text of a member, for {$gte: […, 0]}. */
struct mongo_search_text {
    const char *path;    /* "$search.text" */
    bool in_ascii_lower; /* compare with its ASCII letters in lower case */
};
/* Adds the condition that part stands, literally, in one of the texts. Nothing in it is a pattern.
 */
void mongo_search_add_literal(bson_t *filter, const struct mongo_search_text *texts, size_t count,
                              struct view part);

#endif
