/* A look at how a number stands in JSON text, which a parser that makes a double of it forgets. */
#ifndef LATCHKEY_BASE_JSON_DIGITS_H
#define LATCHKEY_BASE_JSON_DIGITS_H

#include <stddef.h>

#include "base/view.h"

/* How many digits the number needs that is the member of that name of the object: from the first to
   the last that is not 0, without the exponent; 12.50 needs three. 0 when the member is no number;
   SIZE_MAX when it is not there by that name, which may be written with escapes. object is valid
   JSON. Pure. */
size_t json_digits_of_member(struct view object, struct view name);

#endif
