#ifndef LATCHKEY_CONFIG_DOTENV_H
#define LATCHKEY_CONFIG_DOTENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

struct dotenv_entry {
    struct view name;
    struct view value;
    int line; /* from 1 */
};

struct dotenv {
    struct dotenv_entry *entries;
    size_t count;
};

/* Reads NAME=value lines: optional "export ", '#' comments, 'literal' and "escaped" quotes (\n \t
   \" \' \\ \$), the last of two equal names counts. Views point into text or the arena. False with
   one line in *why ("line 3: …"); values are never repeated. */
MUST_CHECK bool dotenv_parse(struct view text, struct arena *arena, struct dotenv *out,
                             struct view *why);
/* The value of that name; at NULL when absent. */
struct view dotenv_find(const struct dotenv *file, struct view name);

#endif
