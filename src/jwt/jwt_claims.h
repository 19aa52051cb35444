/* Inside jwt/ only: the claim set of an access token (RFC 9068 section 2.2) as text, written and
   read. */
#ifndef LATCHKEY_JWT_JWT_CLAIMS_H
#define LATCHKEY_JWT_JWT_CLAIMS_H

#include "base/arena.h"
#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"
#include "jwt/jwt.h"

/* False when a claim that every token needs is empty or out of range: nothing was written. */
MUST_CHECK bool jwt_claims_write(const struct jwt_claims *claims, struct builder *out);
/* Checks the payload, which lies in the arena, of a token whose signature is good; the claims'
   texts are in the payload itself or copied into the arena. On a fault *claims is untouched. */
MUST_CHECK enum jwt_fault jwt_claims_read(const struct jwt_expectation *expectation,
                                          struct view payload, struct arena *arena,
                                          struct jwt_claims *claims);

#endif
