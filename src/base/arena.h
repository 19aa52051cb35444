/* A region of memory with one end: what a request needs is taken from its arena and given back at
   once. Not thread-safe; an arena belongs to one thread at a time. */
#ifndef LATCHKEY_BASE_ARENA_H
#define LATCHKEY_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/view.h"

struct arena_chunk;
struct arena_disposer;

struct arena {
    struct arena_chunk *chunk;        /* newest first */
    struct arena_disposer *disposers; /* newest first */
    size_t used_bytes;                /* in all chunks */
    size_t limit_bytes;               /* 0: no limit */
};

/* limit_bytes: more than this is refused (NULL), 0 for no limit. Takes no memory yet. */
void arena_init(struct arena *arena, size_t limit_bytes);
/* Runs the disposers (newest first) and gives all memory back. */
void arena_clear(struct arena *arena);
/* As clear, but wipes what was used and keeps one chunk for the next user. */
void arena_reset(struct arena *arena);
/* Zeroed memory aligned for any type, valid until clear or reset; NULL when out of memory or
   over the limit. */
MUST_CHECK void *arena_take(struct arena *arena, size_t size);
/* As arena_take for count items; NULL on overflow too. */
MUST_CHECK void *arena_take_array(struct arena *arena, size_t count, size_t size);
/* A NUL-terminated copy; NULL when out of memory. */
MUST_CHECK char *arena_copy(struct arena *arena, struct view text);
/* A view of a copy; .at is NULL when out of memory. */
MUST_CHECK struct view arena_copy_view(struct arena *arena, struct view text);
/* Formats into the arena; .at is NULL when out of memory. */
MUST_CHECK struct view arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* dispose(resource) runs at clear or reset. False when out of memory: nothing was registered. */
MUST_CHECK bool arena_on_clear(struct arena *arena, void (*dispose)(void *), void *resource);

#endif
