/* What arrays of any kind need. Pure. */
#ifndef LATCHKEY_BASE_ARRAY_H
#define LATCHKEY_BASE_ARRAY_H

#include <stddef.h>

/* Puts the items, each of `size` bytes, in the opposite order. items may be NULL for none. */
void array_reverse(void *items, size_t count, size_t size);

#endif
