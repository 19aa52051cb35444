/* Inside service/ only: access tokens that were verified before. Bounded, thread-safe. */
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
/* What a token is known by: the digest of its signature, from the dot on, and what that signs, to
 * the letter. */
struct token_key {
    uint8_t digest[DIGEST_BYTES];
    struct view signed_text; /* borrowed from the token */
};

/* Any text has one. Pure. */
struct token_key token_key_of(struct view token);
/* True when that very token is known; its texts are copied into the arena. */
MUST_CHECK bool token_cache_get(struct token_cache *cache, const struct token_key *key,
                                struct arena *arena, struct token_facts *out);
/* Remembers, in place of another one; what is too large is not remembered. */
void token_cache_put(struct token_cache *cache, const struct token_key *key,
                     const struct token_facts *facts);

#endif
