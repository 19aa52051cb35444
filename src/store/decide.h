/* What every back end decides alike, once it has read what there is to know. All pure but for the
   memory taken. */
#ifndef LATCHKEY_STORE_DECIDE_H
#define LATCHKEY_STORE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "store/store.h"

/* What a rotation comes to that changed nothing, of a session that is alive with this counter,
   which last went up at rotated_ms: GRACE, REUSED or DEAD. */
enum session_rotation_outcome decide_rotation(const struct session_rotation *asked, int64_t counter,
                                              int64_t rotated_ms);
/* True when the patch ends the person's sessions. */
bool decide_ends_sessions(const struct user_patch *patch);
/* The session that stays then; NULL: none. Who is disabled keeps none, whatever the patch spares.
 */
const struct id *decide_kept_session(const struct user_patch *patch);
/* True when a person with the same username, the same e-mail (or none both times), as said, is the
   one of the row. */
bool decide_is_present(const struct user_import *row, bool same_username, bool same_email);
/* The earlier of two ends of audit events; a nil one is behind all ids. */
struct id decide_audit_end(const struct id *a, const struct id *b);
/* The slot user_list_tend of back ends whose lists need no tending. */
enum result decide_no_tending(struct store_handle *handle, int64_t changes_min, bool *more);
/* Counts a hash under its kind (algorithm and cost). False when out of memory. */
MUST_CHECK bool decide_tally_kind(struct view hash, struct arena *arena,
                                  struct store_hash_kind kinds[STORE_HASH_KINDS_MAX],
                                  size_t *count);

/* What a list looks for in the folded texts of people, which are joined by line feeds. */
#define DECIDE_SEARCH_INDEXED_CHARS 3 /* what an index of trigrams can find */
struct decide_search {
    struct view part;     /* folded; no line feed in it: no part of a text goes over one */
    struct view part_end; /* behind every text that begins with it */
    bool prefix;          /* too short for the index: the beginning of a text */
};
MUST_CHECK bool decide_search(struct view text, struct arena *arena, struct decide_search *out);

/* The days between two instants, which are left out themselves: whole ones, whose people are
   counted already, and the ends. Instants far away become such of this era. */
#define DECIDE_DAY_MS INT64_C(86400000)
struct decide_days {
    int64_t after_ms;
    int64_t before_ms;
    bool has_whole;
    int64_t first; /* whole day, as days since 1970 */
    int64_t last;
};
struct decide_days decide_days(int64_t after_ms, int64_t before_ms);

#endif
