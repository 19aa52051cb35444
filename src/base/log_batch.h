/* Records that may be written a little later, many with one system call: those that tell of each
   request. Inside of base/log only. */
#ifndef LATCHKEY_BASE_LOG_BATCH_H
#define LATCHKEY_BASE_LOG_BATCH_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/view.h"

/* So long at most a record waits for others, unless one that may not wait comes before. */
#define LOG_BATCH_MS 10

struct log_batch; /* opaque */

/* Starts a thread that hands records over, whole lines at a time, to write(context, lines). NULL
   when there is no memory or no thread. */
MUST_CHECK struct log_batch *log_batch_start(void (*write)(void *context, struct view lines),
                                             void *context);
/* Takes a copy of the record, a whole line. False when there is no room until log_batch_flush.
   Thread-safe; threads seldom meet at one lock. */
MUST_CHECK bool log_batch_add(struct log_batch *batch, struct view record);
/* Hands over what there is, now; when it returns, all that was added before is handed over.
   Thread-safe. */
void log_batch_flush(struct log_batch *batch);
/* Flushes and ends the thread. Nobody adds any more. NULL is a no-op. */
void log_batch_stop(struct log_batch *batch);

#endif
