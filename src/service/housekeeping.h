/* Inside service/ only: what is not urgent, on a thread and a store handle of its own: a purge that
   waits for the database's lock must not keep the feed from being read. */
#ifndef LATCHKEY_SERVICE_HOUSEKEEPING_H
#define LATCHKEY_SERVICE_HOUSEKEEPING_H

#include <stdint.h>

#include "base/attributes.h"
#include "service/service.h"

#define HOUSEKEEPING_PERIOD_MS (60 * MS_PER_SECOND)

struct housekeeping; /* opaque */

/* Starts the thread: every period it removes what is long over (store_purge, user_expiry.h) and
   looks at the kinds of password hashes in use (decoy_load), the first time after one period;
   twelve times a period it gives back memory in which no hash was computed for half of one
   (hashing_memory_trim) and sees to what lists are found by (store_user_list_tend). The service is
   borrowed. NULL when there is no memory or no thread. */
MUST_CHECK struct housekeeping *housekeeping_start(struct service *service, int64_t period_ms);
/* Ends the thread: at once, or as soon as the one statement under way has ended. NULL is a no-op.
 */
void housekeeping_stop(struct housekeeping *housekeeping);

#endif
