/* Keys that sign tokens. The key decides the algorithm, never the token (RFC 8725 section 3.1).
   A key is immutable once made: any number of threads may sign and verify with it at once. */
#ifndef LATCHKEY_CRYPTO_SIGNING_KEY_H
#define LATCHKEY_CRYPTO_SIGNING_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

enum signing_algorithm { SIGNING_NONE, SIGNING_ES256, SIGNING_EDDSA, SIGNING_RS256, SIGNING_HS256 };

#define SIGNING_MAX_BYTES 512       /* of a signature: RSA up to 4096 bits */
#define SIGNING_SECRET_MIN_BYTES 32 /* RFC 7518 section 3.2 */
#define SIGNING_RSA_MIN_BITS 2048   /* RFC 7518 section 3.3 */

struct signing_key; /* opaque */

/* JOSE name ("ES256", "EdDSA", "RS256", "HS256"); NULL for SIGNING_NONE. */
const char *signing_algorithm_name(enum signing_algorithm algorithm);
/* SIGNING_NONE when unknown; exact match. */
enum signing_algorithm signing_algorithm_of(struct view name);

/* A fresh key pair (P-256, Ed25519, RSA 2048) or a random 256-bit secret. NULL on failure. */
MUST_CHECK struct signing_key *signing_key_generate(enum signing_algorithm algorithm);
/* An HS256 key of a copy of these bytes; NULL when shorter than SIGNING_SECRET_MIN_BYTES or longer
   than 4096. */
MUST_CHECK struct signing_key *signing_key_of_secret(struct view secret);
/* From what signing_key_export wrote (PKCS #8 DER, or the raw secret). NULL when it does not fit
   the algorithm, is too weak (RSA below 2048 bits, exponent below 3 or even, curve other than
   P-256) or broken. */
MUST_CHECK struct signing_key *signing_key_import(enum signing_algorithm algorithm,
                                                  struct view der);
/* Public keys for verifying only, for test vectors and later federations; NULL when refused as by
   signing_key_import. x, y, n, e: big-endian bytes. */
MUST_CHECK struct signing_key *signing_key_of_ec_point(struct view x, struct view y);
MUST_CHECK struct signing_key *signing_key_of_ed25519(struct view x);
MUST_CHECK struct signing_key *signing_key_of_rsa(struct view n, struct view e);
/* The private form, in the arena, wiped when the arena ends. .at NULL on failure. */
MUST_CHECK struct view signing_key_export(const struct signing_key *key, struct arena *arena);
/* NULL is a no-op; secrets are wiped. */
void signing_key_free(struct signing_key *key);

enum signing_algorithm signing_key_algorithm(const struct signing_key *key);
/* RFC 7638 thumbprint, base64url, 43 characters; for HS256 the first 22 of the HMAC of a fixed
   label, so that it tells nothing of the secret. Lives as long as the key. */
struct view signing_key_id(const struct signing_key *key);

/* Public members for a JWK (RFC 7517, 7518 section 6, RFC 8037), "kty" and "crv" included, as pairs
   name/value in the order of their names, numbers as base64url. Returns how many (0 for HS256).
   Views live as long as the key. */
struct signing_key_member {
    const char *name;
    struct view value;
};
size_t signing_key_members(const struct signing_key *key, struct signing_key_member out[4]);

/* Signs; ES256 as r || s of 64 bytes (RFC 7518 section 3.4). *len is set. False on failure. */
MUST_CHECK bool signing_key_sign(const struct signing_key *key, struct view data,
                                 uint8_t out[SIGNING_MAX_BYTES], size_t *len);
/* True only for a valid signature of exactly the right length. */
MUST_CHECK bool signing_key_verify(const struct signing_key *key, struct view data,
                                   struct view signature);

#endif
