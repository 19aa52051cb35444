/* Decimal digits, two at a time. */
#ifndef LATCHKEY_BASE_DIGITS_H
#define LATCHKEY_BASE_DIGITS_H

#include <string.h>

/* "00" to "99", one after the other. */
extern const char digits_pairs[];

/* Writes two digits; value is at most 99. Pure. */
static inline void digits_put_pair(char *at, unsigned value)
{
    memcpy(at, digits_pairs + (size_t)value * 2, 2);
}

#endif
