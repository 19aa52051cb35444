/* Inside crypto/ only: what each algorithm brings, one file a kind. signing_key.c holds what they
   share. */
#ifndef LATCHKEY_CRYPTO_SIGNING_KIND_H
#define LATCHKEY_CRYPTO_SIGNING_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "crypto/signing_key.h"

#define SIGNING_DER_MAX_BYTES                                                                      \
    4096 /* of a private key in PKCS #8: RSA of 4096 bits takes some 2,400 */

/* A public member: a constant text ("kty"), or big-endian bytes to be written as base64url. */
struct signing_part {
    const char *name;
    const char *text; /* NULL: a number */
    uint8_t number[SIGNING_MAX_BYTES];
    size_t number_len;
};

/* The operations of one algorithm on its own state. After making, a state is never written again.
 */
struct signing_kind {
    enum signing_algorithm algorithm;
    /* NULL on failure. */
    void *(*generate)(void);
    void *(*import)(struct view der);
    void (*free)(void *state);
    /* Writes the private form, at most SIGNING_DER_MAX_BYTES. False for a public key. */
    bool (*export)(const void *state, uint8_t *out, size_t *len);
    /* In the order of their names (RFC 7638 section 3.3); NULL: the key has no public part. */
    bool (*parts)(const void *state, struct signing_part parts[4], size_t *count);
    /* Without public part: bytes that only the secret gives, for the key id. */
    void (*fingerprint)(const void *state, uint8_t out[DIGEST_BYTES]);
    bool (*sign)(const void *state, struct view data, uint8_t out[SIGNING_MAX_BYTES], size_t *len);
    bool (*verify)(const void *state, struct view data, struct view signature);
};

extern const struct signing_kind signing_ec;      /* ES256 */
extern const struct signing_kind signing_ed25519; /* EdDSA */
extern const struct signing_kind signing_rsa;     /* RS256 */
extern const struct signing_kind signing_hmac;    /* HS256 */

/* States of public keys and of a given secret; NULL on failure. */
MUST_CHECK void *signing_ec_of_point(struct view x, struct view y);
MUST_CHECK void *signing_ed25519_of_public(struct view x);
MUST_CHECK void *signing_rsa_of_numbers(struct view n, struct view e);
MUST_CHECK void *signing_hmac_of_secret(struct view secret);

#endif
