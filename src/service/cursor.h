/* Inside service/ only: where a list goes on, as a text for clients that cannot be made or altered
   by them: a position, and a MAC over it and the question it belongs to. A position holds nothing
   its reader has not seen. Pure but for the arena; thread-safe. */
#ifndef LATCHKEY_SERVICE_CURSOR_H
#define LATCHKEY_SERVICE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/id.h"
#include "base/view.h"
#include "crypto/secret.h"

#define CURSOR_VALUES_MAX 12
#define CURSOR_POSITION_MAX_BYTES 2048
/* As long as the longest text can be. */
#define CURSOR_TEXT_MAX_BYTES 2756

enum cursor_kind { CURSOR_MISSING, CURSOR_NUMBER, CURSOR_TEXT };

struct cursor_value {
    enum cursor_kind kind;
    int64_t number;
    struct view text;
};

struct cursor {
    bool backward; /* towards the beginning */
    size_t count;  /* of values; 0: no position, from the beginning or, backward, from the end */
    struct cursor_value values[CURSOR_VALUES_MAX]; /* whatever the list needs to go on */
};

/* Each adds a value (at most CURSOR_VALUES_MAX, asserted); texts and ids are borrowed, at NULL is
   missing. */
void cursor_add_number(struct cursor *cursor, int64_t number);
void cursor_add_text(struct cursor *cursor, struct view text);
void cursor_add_id(struct cursor *cursor, const struct id *id);
/* The value at that index: 0, at NULL or the nil id when it is of another kind or not there. */
int64_t cursor_number(const struct cursor *cursor, size_t index);
struct view cursor_text(const struct cursor *cursor, size_t index);
struct id cursor_id(const struct cursor *cursor, size_t index);

/* question: which list, with which filters and sort, written always the same way; a cursor is good
   for no other. .at NULL when out of memory, or when the values take more than
   CURSOR_POSITION_MAX_BYTES. */
MUST_CHECK struct view cursor_write(const struct secret *master, struct view question,
                                    const struct cursor *cursor, struct arena *arena);
/* False when it is not one of ours, or one of another question. Texts are in the arena. */
MUST_CHECK bool cursor_read(const struct secret *master, struct view question, struct view text,
                            struct arena *arena, struct cursor *out);

#endif
