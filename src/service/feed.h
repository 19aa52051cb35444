/* Inside service/ only: follows the change feed, so that what happened on this or another node acts
 * here. */
#ifndef LATCHKEY_SERVICE_FEED_H
#define LATCHKEY_SERVICE_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/result.h"
#include "service/feed_state.h"
#include "service/service.h"

/* How often the thread reads: what others change acts here within this time and the time of one
 * read. */
#define FEED_PERIOD_MS 250

struct feed; /* opaque */

/* NULL when out of memory. Nothing is read yet. The service is borrowed. */
MUST_CHECK struct feed *feed_new(struct service *service);
/* Reads roles, and the changes of as long as an access token can live. */
MUST_CHECK enum result feed_load(struct feed *feed, struct store_handle *handle);
/* Starts the thread. Takes the handle also on failure. */
MUST_CHECK bool feed_start(struct feed *feed, struct store_handle *handle);
/* Ends the thread at once. NULL is a no-op. */
void feed_free(struct feed *feed);
/* Reads now with the call's own handle, so that what the call has changed acts here before it
   answers. When it cannot, the thread will: the change is stored. Thread-safe. */
void feed_sync(struct service_call *call);
/* True while the last good read is not older than SERVICE_STALE_AFTER_S; now_us by
 * clock_monotonic_us. Thread-safe. */
bool feed_is_fresh(const struct feed *feed, int64_t now_us);
/* How much longer than window_ms a window that ends now has to be, because the database was out of
   reach for this node in the meantime (outages.h). Thread-safe. */
int64_t feed_stretch_ms(struct feed *feed, int64_t window_ms, int64_t now_us);
struct feed_state *feed_get_state(struct feed *feed);

#endif
