/* Inside jwt/ only: a quick reader for JSON in the one form that this server writes: members in a
   known order, no white space, no escapes. It never says that something is wrong, only that it is
   not in that form: what it is then is for jwt_json.h to find out. Pure. */
#ifndef LATCHKEY_JWT_JWT_PLAIN_H
#define LATCHKEY_JWT_JWT_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

/* Each takes something off the start of *rest; when it is not there, false, and *rest is as it was.
 */

/* Exactly this text. */
MUST_CHECK bool jwt_plain_take(struct view *rest, struct view wanted);
/* A string of printable ASCII without escapes, not empty, up to and with the quote that ends it;
   the opening one was taken before. *out is borrowed from the text. */
MUST_CHECK bool jwt_plain_text(struct view *rest, struct view *out);
/* A number without sign, fraction, exponent or needless zero, of at most 15 digits. Whoever calls
   looks at what follows it. */
MUST_CHECK bool jwt_plain_number(struct view *rest, int64_t *out);

#endif
