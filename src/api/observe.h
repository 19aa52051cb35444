/* What is written down of each request: a log line and metrics. */
#ifndef LATCHKEY_API_OBSERVE_H
#define LATCHKEY_API_OBSERVE_H

#include <stdint.h>

#include "base/attributes.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/reply.h"
#include "http/request.h"

/* One for the first result of each status, and one for statuses without a result. */
#define OBSERVE_SLOTS (RESULT_COUNT + 1)

struct observe {
    struct metrics *metrics; /* may be NULL */
    const struct log *log;   /* may be NULL */
};

/* The series of one route, found when first needed and kept: recording takes no lock. Zeroed by the
 * owner. */
struct observe_series {
    const char *method; /* static: of the row, "-" without one */
    const char *route;  /* static: the row's path, "-" without one */
    struct metrics_histogram *duration;
    _Atomic(struct metrics_counter *) by_status[OBSERVE_SLOTS];
};

/* Finds what is always needed of a series. Not for hot paths. */
void observe_init_series(const struct observe *observe, struct observe_series *series,
                         const char *method, const char *route);
/* Counts the request and writes its log line at the result's level; the path and query that came
   are never written. user_id NULL: nobody. Thread-safe. */
void observe_request(const struct observe *observe, struct observe_series *series,
                     const struct request *request, const struct reply *reply,
                     const struct id *user_id, int64_t duration_us);

#endif
