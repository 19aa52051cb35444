/* A thread that does one thing again and again until it is stopped. */
#ifndef LATCHKEY_BASE_TICKER_H
#define LATCHKEY_BASE_TICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct ticker; /* opaque */

/* Starts a thread that calls turn(context) on and on, period_ms after the call before has ended,
   the first time after one period. Signals are left to the other threads. NULL when there is no
   memory or no thread. */
MUST_CHECK struct ticker *
ticker_start(int64_t period_ms, void (*turn)(struct ticker *ticker, void *context), void *context);
/* From within a turn: the wait after it also ends when fd is readable, but not within 20 ms, so
   that a flood of what it tells makes no flood of turns; -1: only by time. For the next wait alone.
 */
void ticker_wake_on(struct ticker *ticker, int fd);
/* True once ticker_stop has been called: a turn of many steps ends early. Thread-safe. */
bool ticker_is_stopping(struct ticker *ticker);
/* Ends the wait at once, lets a turn that is under way end, and frees. Not from a turn. NULL is a
   no-op. */
void ticker_stop(struct ticker *ticker);

#endif
