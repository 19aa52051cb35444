/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104). Thread-safe, no allocation. */
#ifndef LATCHKEY_CRYPTO_DIGEST_H
#define LATCHKEY_CRYPTO_DIGEST_H

#include <stdint.h>

#include "base/view.h"
#include "crypto/secret.h"

#define DIGEST_BYTES 32

void digest_sha256(struct view data, uint8_t out[DIGEST_BYTES]);
/* key of any length. */
void digest_hmac_sha256(struct view key, struct view data, uint8_t out[DIGEST_BYTES]);
/* Derives a secret for one purpose: HMAC(master, label || 0x00 || context). Different labels never
   collide. */
void digest_derive(const struct secret *master, const char *label, struct view context,
                   struct secret *out);

#endif
