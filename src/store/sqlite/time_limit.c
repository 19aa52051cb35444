#include "store/sqlite/time_limit.h"

#include "base/clock.h"

#define STEPS_AT_ONCE 1000

static int64_t now_ms(void)
{
    return clock_monotonic_us() / US_PER_MS;
}

/* For sqlite3_progress_handler: not 0 to stop. */
static int count_down(void *context)
{
    struct time_limit *limit = context;
    limit->steps -= STEPS_AT_ONCE;
    return limit->steps <= 0 || time_limit_is_over(limit);
}

void time_limit_start(struct time_limit *limit, sqlite3 *db, int64_t ms)
{
    *limit = (struct time_limit){.db = db, .until_ms = now_ms() + ms};
    time_limit_free_steps(limit);
    sqlite3_progress_handler(db, STEPS_AT_ONCE, count_down, limit);
}

void time_limit_set_steps(struct time_limit *limit, int64_t steps)
{
    limit->steps = steps;
}

void time_limit_free_steps(struct time_limit *limit)
{
    limit->steps = INT64_MAX;
}

bool time_limit_is_over(const struct time_limit *limit)
{
    return now_ms() >= limit->until_ms;
}

enum result time_limit_result(enum result result)
{
    return result == RESULT_BUSY ? RESULT_STORE_UNAVAILABLE : result;
}

void time_limit_end(struct time_limit *limit)
{
    if (limit->db != NULL) {
        sqlite3_progress_handler(limit->db, 0, NULL, NULL);
    }
}
