/* What the bare programs share: a clock, and the line that bench/processes.py reads. */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/* Seconds of a clock that only goes on. */
static inline double bare_now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void bare_print(long operations, double seconds)
{
    printf("operations %ld seconds %.6f\n", operations, seconds);
}

/* Does one(state, 0), one(state, 1), … until the time is over and prints how often, `each` counted
   for one call. The clock is looked at once in `batch` calls. False when a call failed. */
static inline bool bare_measure(bool (*one)(void *state, long number), void *state, double wanted_s,
                                long batch, long each)
{
    double start_s = bare_now_s(), spent_s = 0;
    long number = 0;
    do {
        for (long end = number + batch; number < end; number++) {
            if (!one(state, number))
                return false;
        }
        spent_s = bare_now_s() - start_s;
    } while (spent_s < wanted_s);
    bare_print(number * each, spent_s);
    return true;
}

#endif
