/* Values as mongoexport writes them: MongoDB's Extended JSON, version 2 (relaxed and canonical) and
   what is left of version 1. Pure. */
#ifndef LATCHKEY_API_IMPORT_MONGO_H
#define LATCHKEY_API_IMPORT_MONGO_H

#include <jansson.h>

#include "base/attributes.h"
#include "base/view.h"

/* The plain value that is meant by $oid, $date, $numberInt, $numberLong, $numberDouble, $uuid or
   $binary (whose bytes must be a text), or by a whole number with a point; a new reference. NULL:
   it is none of them, or malformed. */
MUST_CHECK json_t *import_mongo_plain(const json_t *value);
/* The digits of an object id, as in "ObjectId(65f1c0ffee0123456789abcd)" of a CSV file; any other
   text as it is. */
struct view import_mongo_object_id(struct view text);

#endif
