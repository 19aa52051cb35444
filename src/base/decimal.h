/* Exact amounts: not negative, at most 12 digits before the point and 4 behind it, in an integer.
   There is no floating point anywhere. Pure. */
#ifndef LATCHKEY_BASE_DECIMAL_H
#define LATCHKEY_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

#define DECIMAL_WHOLE_DIGITS_MAX 12
#define DECIMAL_PLACES_MAX 4
#define DECIMAL_UNITS_MAX INT64_C(9999999999999999)
#define DECIMAL_TEXT_SIZE (DECIMAL_WHOLE_DIGITS_MAX + 1 + DECIMAL_PLACES_MAX + 1)
/* What decimal_parse takes, as a regular expression for documents. */
#define DECIMAL_PATTERN "^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,4})?$"

struct decimal {
    int64_t units; /* of a ten-thousandth: amounts are compared and sorted by these alone */
    int places;    /* digits behind the point as given: "12.50" comes back as it went in */
};

/* ASCII digits, no sign, exponent, space or needless leading zero; "12", "12.5", "0.0001". False
   for anything else: *out is untouched. */
MUST_CHECK bool decimal_parse(struct view text, struct decimal *out);
/* The text with exactly out->places digits behind the point, and a NUL. units are 0 to
   DECIMAL_UNITS_MAX, places 0 to DECIMAL_PLACES_MAX. Returns the view of it without the NUL. */
struct view decimal_format(const struct decimal *decimal, char out[DECIMAL_TEXT_SIZE]);

#endif
