/* The parts of texts that many texts have: found in a sample, then looked for in any text. A text
   is that of one record: lines, none of which a part goes over. A part is three characters or more
   of a line, or its first one or two. Pure but for the arena. */
#ifndef LATCHKEY_STORE_SQLITE_SEARCH_GRAMS_H
#define LATCHKEY_STORE_SQLITE_SEARCH_GRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

#define SEARCH_GRAMS_MAX 20000    /* parts; the longest are left out */
#define SEARCH_GRAMS_CHARS_MAX 64 /* of a part */

struct search_grams; /* opaque */

/* Those that at least texts_min of the texts have; it keeps the arena. NULL when out of memory. */
MUST_CHECK struct search_grams *search_grams_mine(const struct view *texts, size_t count,
                                                  size_t texts_min, struct arena *arena);
size_t search_grams_count(const struct search_grams *grams);
/* The part of that index, from 0; at NULL when out of memory. */
struct view search_grams_text(const struct search_grams *grams, size_t index, struct arena *arena);
/* True for one of one or two characters, with which a line begins. */
bool search_grams_is_beginning(const struct search_grams *grams, size_t index);
/* The parts that the text has, each once: returns how many, *found has their indices until the next
   call. SIZE_MAX when out of memory. */
MUST_CHECK size_t search_grams_find(struct search_grams *grams, struct view text,
                                    const uint32_t **found);

#endif
