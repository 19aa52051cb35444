/* JSON values back to text, exactly: jansson's own writer prints 1.1 as 1.1000000000000001. */
#ifndef LATCHKEY_API_JSON_TEXT_H
#define LATCHKEY_API_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

/* The compact text of value (no deeper than DECODE_DEPTH_MAX), members in their order, in the
   arena. max_bytes 0: no limit but the arena's. False when too long or out of memory. Thread-safe.
 */
MUST_CHECK bool json_text_write(const json_t *value, size_t max_bytes, struct arena *arena,
                                struct view *out);

#endif
