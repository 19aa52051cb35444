/* The gate: rate class, authentication, permission. Handlers never check access themselves. */
#ifndef LATCHKEY_API_GATE_H
#define LATCHKEY_API_GATE_H

#include "api/context.h"
#include "base/attributes.h"
#include "base/result.h"

/* First part, memory only, on the I/O thread. OK (with exchange->self_open set when gate_self must
   still decide); RATE_LIMITED, MISSING_TOKEN, INVALID_TOKEN, STALE, FORBIDDEN. */
MUST_CHECK enum result gate_admit(struct api_exchange *exchange);
/* Second part, where the store may be asked: does the self parameter name the caller? OK, FORBIDDEN
   (the same for a missing and for another's record, CHECKLIST A02), STORE_UNAVAILABLE. */
MUST_CHECK enum result gate_self(struct api_exchange *exchange);
/* Adds WWW-Authenticate (RFC 6750 section 3) to a refusal by 401, or by the gate's 403. */
void gate_challenge(const struct api_exchange *exchange, enum result result);

#endif
