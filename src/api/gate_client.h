/* Clients that are no persons, at the OAuth endpoints (RFC 6749 section 2.3). Parts of gate.c. */
#ifndef LATCHKEY_API_GATE_CLIENT_H
#define LATCHKEY_API_GATE_CLIENT_H

#include "api/context.h"
#include "base/attributes.h"
#include "base/result.h"

/* Looks at `Authorization: Basic` on a row that takes clients. Without name and secret (`Og==`, as
   Swagger UI sends it) nothing was shown; where the client is optional, a name without a secret is
   no claim either. OK, with exchange->client set when the claim was right; INVALID_CLIENT,
   RATE_LIMITED. */
MUST_CHECK enum result gate_client_header(struct api_exchange *exchange);
/* The same for `client_id` and `client_secret` in a decoded form, where the client is optional.
   INVALID when both ways are used (RFC 6749 section 2.3). */
MUST_CHECK enum result gate_client_form(struct api_exchange *exchange);

#endif
