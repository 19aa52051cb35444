/* Inside service/ only: access tokens that were verified before, by the digest of their text.
 * Bounded, thread-safe. */
#ifndef LATCHKEY_SERVICE_TOKEN_CACHE_H
#define LATCHKEY_SERVICE_TOKEN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "service/access.h"

struct token_cache; /* opaque */

/* What verifying a token gave. */
struct token_facts {
    struct access_token token;
    const struct keyring *ring; /* it was verified with; another one: verify again */
};

/* NULL when out of memory. Takes little memory until used. */
MUST_CHECK struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *cache);
/* True when known; its texts are copied into the arena. */
MUST_CHECK bool token_cache_get(struct token_cache *cache, const uint8_t digest[DIGEST_BYTES],
                                struct arena *arena, struct token_facts *out);
/* Remembers, in place of another one; what is too large is not remembered. */
void token_cache_put(struct token_cache *cache, const uint8_t digest[DIGEST_BYTES],
                     const struct token_facts *facts);

#endif
