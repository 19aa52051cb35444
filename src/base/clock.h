/* Time, injectable: tests move it by hand. Instants are milliseconds since 1970 UTC. */
#ifndef LATCHKEY_BASE_CLOCK_H
#define LATCHKEY_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"

#define MS_PER_SECOND INT64_C(1000)
#define US_PER_MS INT64_C(1000)
#define S_PER_MINUTE INT64_C(60)
#define S_PER_HOUR INT64_C(3600)
#define S_PER_DAY INT64_C(86400)
/* A kernel ticks a hundred times a second, or more often. */
#define CLOCK_COARSE_US INT64_C(10000)
/* "2026-11-21T02:45:53.123Z" and its NUL. */
#define CLOCK_TEXT_SIZE 25
/* "Sat, 21 Nov 2026 02:45:53 GMT" and its NUL. */
#define CLOCK_HTTP_SIZE 30

struct clock {
    int64_t (*now_ms)(void *context); /* thread-safe */
    void *context;
};

/* The system's clock. */
struct clock clock_system(void);
/* What the clock says, in milliseconds since 1970 UTC. Thread-safe. */
int64_t clock_now_ms(const struct clock *clock);
/* Never goes back, starts anywhere; for durations only. Thread-safe. */
int64_t clock_monotonic_us(void);
/* The same clock as the kernel last read it, some milliseconds ago: up to CLOCK_COARSE_US behind,
   for a fraction of the cost. For bounds of seconds. Thread-safe. */
int64_t clock_coarse_us(void);
/* RFC 3339 in UTC with milliseconds; instants outside year 0 to 9999 give the nearest bound. */
void clock_format(int64_t instant_ms, char out[CLOCK_TEXT_SIZE]);
/* As headers of HTTP write it (RFC 9110 section 5.6.7); the same bounds. */
void clock_format_http(int64_t instant_ms, char out[CLOCK_HTTP_SIZE]);
/* RFC 3339 date-time (section 5.6), any offset, up to nanoseconds (cut to ms); a leap second is the
   second after it. False when malformed or outside year 0 to 9999 in UTC. */
MUST_CHECK bool clock_parse(struct view text, int64_t *instant_ms);

#endif
