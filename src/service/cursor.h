/* Inside service/ only: where a list goes on, as a text for clients that says nothing and cannot be
   made or altered by them: a position, and a MAC over it and the question it belongs to. Pure but
   for the arena; thread-safe. */
#ifndef LATCHKEY_SERVICE_CURSOR_H
#define LATCHKEY_SERVICE_CURSOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "crypto/secret.h"

#define CURSOR_POSITION_MAX_BYTES 1024
/* As long as the longest text can be. */
#define CURSOR_TEXT_MAX_BYTES 1390

/* question: which list, with which filters and sort, written always the same way; a cursor is good
   for no other. position: whatever the list needs to go on, at most CURSOR_POSITION_MAX_BYTES; it
   is not hidden. .at NULL when out of memory or too long. */
MUST_CHECK struct view cursor_write(const struct secret *master, struct view question,
                                    struct view position, struct arena *arena);
/* False when it is not one of ours, or one of another question. *position in the arena. */
MUST_CHECK bool cursor_read(const struct secret *master, struct view question, struct view text,
                            struct arena *arena, struct view *position);

#endif
