/* A lane: a bounded queue and the fixed workers that empty it. Thread-safe. */
#ifndef LATCHKEY_BASE_LANE_H
#define LATCHKEY_BASE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct lane; /* opaque */

/* One piece of work; embedded in the owner's structure, never allocated by the lane. */
struct lane_job {
    /* In lanes with a batch: of the first of those taken together, which hang on each other by
       next. All must have the same run there. */
    void (*run)(struct lane_job *job, void *worker_state);
    struct lane_job *next; /* the lane's until the job runs, but for lane_put_all; NULL in lanes
                              without a batch */
    int64_t queued_us;     /* the lane's: when it was queued (clock_monotonic_us) */
};

struct lane_options {
    const char *name;  /* static; also the threads' name */
    unsigned workers;  /* 1 to 256 */
    unsigned capacity; /* jobs that may wait */
    /* A worker takes as many waiting jobs as there are, up to this, and runs them by one call; it
       waits for none to come. 0 or 1: one after another. */
    unsigned batch;
    /* Makes a worker's own state (its store handle) on the worker's thread; NULL result: lane_new
       fails. May be NULL: workers have no state. */
    void *(*worker_open)(void *context);
    void (*worker_close)(void *state);
    void *context;
};

struct lane_stats {
    const char *name;
    unsigned workers;
    unsigned capacity;
    unsigned waiting;     /* now */
    unsigned running;     /* now */
    uint64_t done;        /* since start */
    uint64_t refused;     /* since start, because it was full */
    uint64_t wait_us_sum; /* time spent in the queue by all that ran */
};

/* Starts the workers (signals blocked in them). NULL when a thread or a worker's state could not
   be made. */
MUST_CHECK struct lane *lane_new(const struct lane_options *options);
/* Queues the job at once, never waits. False when full or closing: the job was not taken. Full is
   when capacity jobs wait beside those that idle workers are about to take. */
MUST_CHECK bool lane_put(struct lane *lane, struct lane_job *job);
/* Queues those that hang on each other by next (the last one's is NULL), all before a worker is
   woken up: one that is woken by the first would else run it, find no other, and sleep again. The
   first of those that were not taken, with the rest hanging on it; NULL: all were. */
MUST_CHECK struct lane_job *lane_put_all(struct lane *lane, struct lane_job *first);
/* A consistent copy of the numbers. */
void lane_get_stats(struct lane *lane, struct lane_stats *out);
/* Lets queued jobs finish, ends the workers, frees. NULL is fine. Only jobs of this lane may still
   call lane_put meanwhile (and are refused); never called from a job. */
void lane_free(struct lane *lane);

#endif
