/* UUIDs: version 7 for everything that is stored (RFC 9562 section 5.7). Thread-safe. */
#ifndef LATCHKEY_BASE_ID_H
#define LATCHKEY_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

#define ID_TEXT_SIZE 37 /* 36 characters and NUL */

struct id {
    uint8_t bytes[16];
};

/* A new UUIDv7: 48 bits of now_ms, the rest from the kernel's random source. Aborts when
   that fails. */
struct id id_new(int64_t now_ms);
/* The same 16 bytes; not in constant time, ids are no secrets. */
bool id_equal(const struct id *a, const struct id *b);
/* All zero. */
bool id_is_nil(const struct id *id);
/* Lower case with hyphens and a NUL. */
void id_format(const struct id *id, char out[ID_TEXT_SIZE]);
/* The canonical 36-character form only, either case. */
MUST_CHECK bool id_parse(struct view text, struct id *out);

#endif
