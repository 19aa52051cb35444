/* The client that is no person: a resource server that asks about tokens (RFC 7662), with a name
   and a secret from the configuration. */
#ifndef LATCHKEY_SERVICE_CLIENTS_H
#define LATCHKEY_SERVICE_CLIENTS_H

#include <stdbool.h>

#include "base/attributes.h"
#include "service/service.h"

/* True when one is configured. Thread-safe. */
bool clients_exist(const struct service *service);
/* No configured name or secret is longer. */
#define CLIENTS_TEXT_MAX_BYTES 256

/* What somebody says who wants to be it. */
struct clients_claim {
    struct view client_id;
    struct view secret;
    struct view decoded_secret; /* read as RFC 6749 section 2.3.1 has it in Basic, form-encoded,
                                   which not all clients know; at NULL: nothing to decode */
};

/* Whether name and secret are those of the client, compared in constant time. OK; INVALID_CLIENT,
   which is logged; RATE_LIMITED with call->retry_after_s when the address has been wrong too often:
   then right ones are not looked at either. Memory only. */
MUST_CHECK enum result clients_authenticate(struct service_call *call,
                                            const struct clients_claim *claim);

#endif
