/* A look at JSON text before a parser takes memory and stack for it. */
#ifndef LATCHKEY_BASE_JSON_DEPTH_H
#define LATCHKEY_BASE_JSON_DEPTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/view.h"

/* True when objects and arrays nest at most `most` deep (RFC 8259 section 9 lets a parser set a
   limit). The text need not be valid JSON: what is not is for the parser to refuse. Pure. */
bool json_depth_is_within(struct view text, size_t most);

#endif
