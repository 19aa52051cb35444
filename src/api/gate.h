/* The gate: rate class, authentication, permission. Handlers never check access themselves. */
#ifndef LATCHKEY_API_GATE_H
#define LATCHKEY_API_GATE_H

#include "api/context.h"
#include "base/attributes.h"
#include "base/result.h"

/* First part, memory only, on the I/O thread. OK (with exchange->self_open set when gate_self must
   still decide); RATE_LIMITED, MISSING_TOKEN, INVALID_TOKEN, STALE, FORBIDDEN. */
MUST_CHECK enum result gate_admit(struct api_exchange *exchange);
/* The first part once more, on the worker of a call that has waited in a queue: who was deleted,
   logged out or lost a role meanwhile is stopped. Memory only; almost nothing when nothing has
   changed. OK (self_open is set anew), INVALID_TOKEN, STALE, FORBIDDEN. */
MUST_CHECK enum result gate_renew(struct api_exchange *exchange);
/* Second part, where the store may be asked: does the self parameter name the caller, or is the
   caller the owner of what the path names? OK, FORBIDDEN (the same for a missing and for another's
   record, CHECKLIST A02), STORE_UNAVAILABLE. A self parameter is then the caller's id: the handler
   acts on whom the gate has seen, whoever gets the name next. */
MUST_CHECK enum result gate_self(struct api_exchange *exchange);
/* Third part, when query and body are decoded: do they ask for what needs another permission
   (row_guarded)? Memory only; asked again on the worker. OK, FORBIDDEN. */
MUST_CHECK enum result gate_guarded(struct api_exchange *exchange);
/* Last part on the I/O thread, once: client credentials in a form, and what the body decides about
   lane, rate class and handler (row_cases). OK; the refusal of other cases, INVALID,
   INVALID_CLIENT, RATE_LIMITED. */
MUST_CHECK enum result gate_choose(struct api_exchange *exchange);
/* Before a call goes to its lane: BUSY when its address already has its share of the hash lane, or
   reads GATE_LISTS_AT_ONCE lists of everything (rows with reply_list). */
#define GATE_LISTS_AT_ONCE 2
MUST_CHECK enum result gate_enter_lane(struct api_exchange *exchange, unsigned hash_share);
/* When it has run, or found no room. */
void gate_leave_lane(struct api_exchange *exchange);
/* Gives the rate token back: the call was never tried. */
void gate_return_rate(struct api_exchange *exchange);
#define GATE_BASIC_CHALLENGE "Basic realm=\"latchkey\", charset=\"UTF-8\""
/* Adds WWW-Authenticate (RFC 6750 section 3, RFC 6749 section 5.2) to a refusal by 401, or by the
   gate's 403. */
void gate_challenge(const struct api_exchange *exchange, enum result result);

#endif
