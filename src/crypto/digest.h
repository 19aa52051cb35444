/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104). Thread-safe, no allocation. */
#ifndef LATCHKEY_CRYPTO_DIGEST_H
#define LATCHKEY_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
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

/* SHA-256 of what comes piece by piece; unlike the above it takes memory. One thread at a time. */
struct digest_stream; /* opaque */
/* NULL when out of memory. */
MUST_CHECK struct digest_stream *digest_stream_new(void);
void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t len);
/* The digest of all that was added; the stream begins anew. False when the library failed at any
   piece: *out is undefined. */
MUST_CHECK bool digest_stream_end(struct digest_stream *stream, uint8_t out[DIGEST_BYTES]);
/* NULL is a no-op. */
void digest_stream_free(struct digest_stream *stream);

#endif
