/* Inside jwt/ only: JSON of a token, strictly read (RFC 8259; RFC 8725 section 3.7). */
#ifndef LATCHKEY_JWT_JWT_JSON_H
#define LATCHKEY_JWT_JWT_JSON_H

#include <jansson.h>

#include "base/attributes.h"
#include "base/view.h"

/* An object, or NULL: no valid JSON or UTF-8, duplicate members, a raw NUL, nested too deep, or no
   object. The caller gives it back (json_auto_t). Thread-safe. */
MUST_CHECK json_t *jwt_json_object(struct view text);
/* The text, borrowed from the value; .at NULL when that is NULL or no string. */
struct view jwt_json_value(const json_t *value);
/* The member's text, borrowed from the object; .at NULL when it is missing or no string. */
struct view jwt_json_text(const json_t *object, const char *name);

#endif
