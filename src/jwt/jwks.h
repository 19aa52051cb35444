#ifndef LATCHKEY_JWT_JWKS_H
#define LATCHKEY_JWT_JWKS_H

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "crypto/keyring.h"

/* The JWK set (RFC 7517 section 5) of the ring's public keys: public members, "use":"sig", "alg",
   "kid" only; secrets are left out, so HS256 gives {"keys":[]} (CHECKLIST T23). .at NULL on
   failure. Thread-safe. */
MUST_CHECK struct view jwks_write(const struct keyring *ring, struct arena *arena);

#endif
