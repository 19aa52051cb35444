/* Inside service/ only: refreshes of which nobody can say whether they were done, because the
   database was lost in the middle. Whoever tries again, however long the outage was, is judged as
   of the first try: an outage ends no session. Bounded, in memory, thread-safe. */
#ifndef LATCHKEY_SERVICE_UNSURE_H
#define LATCHKEY_SERVICE_UNSURE_H

#include <stdint.h>

#include "base/attributes.h"
#include "base/id.h"

struct unsure; /* opaque */

/* NULL when out of memory. Takes little memory until something goes wrong. */
MUST_CHECK struct unsure *unsure_new(void);
void unsure_free(struct unsure *unsure);
/* A refresh with the token of that session and counter had no answer. The first time counts. When
   the room is full, the oldest of a few makes room. */
void unsure_note(struct unsure *unsure, const struct id *session_id, int64_t counter,
                 int64_t now_ms);
/* It is known now that none of them was done. Costs nothing until something has gone wrong. */
void unsure_forget(struct unsure *unsure, const struct id *session_id, int64_t counter);
/* When the first of them was; 0: there was none. Costs nothing until something has gone wrong. */
int64_t unsure_since(struct unsure *unsure, const struct id *session_id, int64_t counter);

#endif
