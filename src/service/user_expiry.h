/* Inside service/ only: deleted users go for good when they have been deleted for long enough. */
#ifndef LATCHKEY_SERVICE_USER_EXPIRY_H
#define LATCHKEY_SERVICE_USER_EXPIRY_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/service.h"

/* Purges one batch of those deleted for longer than options.deleted_retention_s, with an audit
   event for each. True when there may be more. For housekeeping's thread and handle. */
MUST_CHECK bool user_expiry_run(struct service *service, struct store_handle *handle);

#endif
