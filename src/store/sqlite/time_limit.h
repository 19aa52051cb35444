/* How long a list may be looked for: what takes longer is given up, so that no question that
   somebody asks holds up the others for good. */
#ifndef LATCHKEY_STORE_SQLITE_TIME_LIMIT_H
#define LATCHKEY_STORE_SQLITE_TIME_LIMIT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

#define TIME_LIMIT_LIST_MS 3000 /* as PostgreSQL's statement_timeout */

/* One run on a connection; it must not move while it is on. Declare it with
   CLEANUP(time_limit_end), {0} at first. */
struct time_limit {
    sqlite3 *db;
    int64_t until_ms; /* clock_monotonic_us, in milliseconds */
    int64_t steps;    /* of SQLite's machine that are left */
};

/* From now on statements of the connection end with SQLITE_INTERRUPT when that time is over. */
void time_limit_start(struct time_limit *limit, sqlite3 *db, int64_t ms);
/* And, until time_limit_free_steps, after so many steps of SQLite's machine (roughly). */
void time_limit_set_steps(struct time_limit *limit, int64_t steps);
void time_limit_free_steps(struct time_limit *limit);
bool time_limit_is_over(const struct time_limit *limit);
/* STORE_UNAVAILABLE for BUSY, which is what sql_row makes of an interrupt. Pure. */
enum result time_limit_result(enum result result);
void time_limit_end(struct time_limit *limit);

#endif
