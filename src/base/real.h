/* Floating-point numbers that stand for whole ones, as JSON of other programs has them. Pure. */
#ifndef LATCHKEY_BASE_REAL_H
#define LATCHKEY_BASE_REAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* The whole number that it is, as 3 of 3.0. False when it has a fraction, is none, or is beyond
   2^53 on either side, where neighbours fall together; *out is untouched then. */
MUST_CHECK bool real_to_int64(double number, int64_t *out);

#endif
