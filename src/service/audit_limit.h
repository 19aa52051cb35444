/* Inside service/ only: how many events are kept of what people can repeat at will, so that nobody
   fills the disk with them. What is left out is counted, and is in the log. Memory only,
   thread-safe.

   Kept always: what the operator does, what one person does to another, and that an account was
   locked (each took as many failures as lock one). Of the rest, for each
   person, or address of nobody in particular: 600 at once, then one a second; of failures of nobody
   in particular, from all addresses: 5,000 at once, then 10 a second. */
#ifndef LATCHKEY_SERVICE_AUDIT_LIMIT_H
#define LATCHKEY_SERVICE_AUDIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "model/audit_event.h"
#include "service/throttle.h"

/* True when it may be kept; takes its share then. limit: a throttle of its own. */
MUST_CHECK bool audit_limit_admits(struct throttle *limit, const struct audit_event *event,
                                   int64_t now_ms);

#endif
