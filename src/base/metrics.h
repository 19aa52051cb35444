/* Counters and histograms in Prometheus' text format 0.0.4. Recording takes no lock and no
   allocation: a series is found once (at start) and kept by pointer. */
#ifndef LATCHKEY_BASE_METRICS_H
#define LATCHKEY_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/builder.h"

struct metrics;           /* opaque: the registry */
struct metrics_counter;   /* opaque: one series, also used as a gauge */
struct metrics_histogram; /* opaque: one series; buckets are fixed, in seconds */

/* NULL when out of memory. */
MUST_CHECK struct metrics *metrics_new(void);
/* Frees all series with it. NULL is fine. */
void metrics_free(struct metrics *metrics);
/* The counter of that family and label text (`route="/x",status="200"`, or ""), made when new.
   name, help and labels are copied. Takes a lock: call at start or rarely. Series of one family
   stand together in the output. NULL when out of memory, or when the name already stands for
   another kind. */
struct metrics_counter *metrics_counter_get(struct metrics *metrics, const char *name,
                                            const char *help, const char *labels);
/* As metrics_counter_get, for a value that goes up and down. */
struct metrics_counter *metrics_gauge_get(struct metrics *metrics, const char *name,
                                          const char *help, const char *labels);
/* As metrics_counter_get, for durations. */
struct metrics_histogram *metrics_histogram_get(struct metrics *metrics, const char *name,
                                                const char *help, const char *labels);
/* Counts n more. This and the next two are thread-safe, and do nothing for NULL. */
void metrics_add(struct metrics_counter *counter, uint64_t n);
/* Puts the value that is there now; for totals kept elsewhere it may be a counter. */
void metrics_set(struct metrics_counter *gauge, int64_t value);
/* One more duration in microseconds; below 0 counts as 0. */
void metrics_observe_us(struct metrics_histogram *histogram, int64_t duration_us);
/* A function that sets gauges just before the text is written (lanes, process). False when out
   of memory. */
MUST_CHECK bool metrics_on_collect(struct metrics *metrics, void (*collect)(void *context),
                                   void *context);
/* Runs the collectors and writes all series. Thread-safe. */
void metrics_write(struct metrics *metrics, struct builder *out);

#endif
