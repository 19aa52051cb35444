/* What is searched for, as the indexes of texts need it. Pure but for the arena. */
#ifndef LATCHKEY_STORE_SQLITE_SEARCH_TEXT_H
#define LATCHKEY_STORE_SQLITE_SEARCH_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

/* Parts of so many characters and more are found by the index of trigrams; shorter ones only where
   a text begins so, by its order. */
#define SEARCH_TEXT_INDEXED_CHARS 3

struct search_text {
    struct view folded; /* as base/utf8_fold.h says */
    struct view end;    /* behind every text that begins so */
};

/* True when the index of trigrams finds it. */
bool search_text_is_indexed(struct view text);
/* False when out of memory. */
MUST_CHECK bool search_text_make(struct view text, struct arena *arena, struct search_text *out);
/* The expression that finds that folded part in one column of an FTS5 table (NULL: any): all in it
   is literal. at NULL when out of memory. */
struct view search_text_match(struct view folded, const char *column, struct arena *arena);
/* The expression that finds every text with that folded part of SEARCH_TEXT_INDEXED_CHARS or more,
   and others: some of its trigrams, wherever they stand. Unlike a phrase it takes no longer the
   longer part and texts are. at NULL when out of memory. */
struct view search_text_match_some(struct view folded, struct arena *arena);
/* True when search_text_match_some finds those with the part alone. */
bool search_text_is_one_trigram(struct view folded);

#endif
