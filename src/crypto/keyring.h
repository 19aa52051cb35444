/* The keys of this server in memory: one signs, the others still verify. A keyring is immutable
   once published; replace it whole (service/keys.h does). Building is single-threaded, looking up
   is thread-safe. */
#ifndef LATCHKEY_CRYPTO_KEYRING_H
#define LATCHKEY_CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/view.h"
#include "crypto/signing_key.h"

#define KEYRING_MAX_KEYS 32

struct keyring; /* opaque */

MUST_CHECK struct keyring *keyring_new(void);
/* Takes the key also on failure (full, key id there already: false). signs: this one signs from now
   on. */
MUST_CHECK bool keyring_take(struct keyring *ring, struct signing_key *key, bool signs);
/* NULL while no key signs. Borrowed. */
const struct signing_key *keyring_signer(const struct keyring *ring);
/* By exact key id; NULL when unknown. Borrowed. */
const struct signing_key *keyring_find(const struct keyring *ring, struct view key_id);
size_t keyring_count(const struct keyring *ring);
const struct signing_key *keyring_at(const struct keyring *ring, size_t index);
/* Frees all keys. NULL is a no-op. */
void keyring_free(struct keyring *ring);

#endif
