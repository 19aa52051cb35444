/* A statement put together for one use: constant text, and values that stand in it as $1, $2, … */
#ifndef LATCHKEY_STORE_POSTGRES_TEXT_H
#define LATCHKEY_STORE_POSTGRES_TEXT_H

#include "base/arena.h"
#include "base/builder.h"
#include "store/postgres/pgsql.h"

#define TEXT_MAX_BYTES 32768

struct postgres_text {
    char text[TEXT_MAX_BYTES];
    struct builder builder;
    struct pgsql_value values[PGSQL_VALUES_MAX];
    size_t count;
    bool is_full;
};

void postgres_text_begin(struct postgres_text *out);
/* Adds constant text. */
void postgres_text_add(struct postgres_text *out, const char *constant);
/* Adds the place of a value. */
void postgres_text_value(struct postgres_text *out, struct pgsql_value value);
/* Adds constant text and behind it the place of a value. */
void postgres_text_with(struct postgres_text *out, const char *constant, struct pgsql_value value);
/* Adds the statement to the batch; INVALID in pgsql_run when it did not fit. */
size_t postgres_text_end(struct postgres_text *text, struct pgsql_batch *batch);

/* part with what LIKE takes for more than it is behind a backslash, and with % at both ends. False
   when out of memory. */
MUST_CHECK bool postgres_text_like(struct view part, struct arena *arena, struct view *out);

#endif
