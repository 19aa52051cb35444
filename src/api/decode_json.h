/* Inside api/ only: decode_json in its two steps, for who must look at the members first. */
#ifndef LATCHKEY_API_DECODE_JSON_H
#define LATCHKEY_API_DECODE_JSON_H

#include <jansson.h>

#include "api/decode.h"
#include "base/attributes.h"

/* Reads a text strictly (any JSON value); the table is not needed yet. OK: the caller releases what
   is in *out. MALFORMED_JSON with detail set. */
MUST_CHECK enum result decode_json_load(struct decoding *decoding, struct view body, json_t **out);
/* Applies the members of an object by the table. OK, INVALID with faults, INTERNAL. */
MUST_CHECK enum result decode_json_value(struct decoding *decoding, json_t *root);

#endif
