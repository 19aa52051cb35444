/* Inside crypto/ only: what the two kinds of OpenSSL keys (EC, RSA) share. */
#ifndef LATCHKEY_CRYPTO_SIGNING_EVP_H
#define LATCHKEY_CRYPTO_SIGNING_EVP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/attributes.h"
#include "base/view.h"

/* A key with its operations set up once; each call works on a cheap copy of them, so threads share
   nothing that changes. */
struct signing_evp {
    EVP_PKEY *key;
    EVP_PKEY_CTX *signer; /* NULL for a public key */
    EVP_PKEY_CTX *verifier;
};

/* Takes the key, also on failure (NULL is one). padding: RSA_PKCS1_PADDING, or 0 for none. */
MUST_CHECK struct signing_evp *signing_evp_new(EVP_PKEY *key, bool is_private, int padding);
void signing_evp_free(void *state);
/* PKCS #8 DER without anything after it; NULL when broken. The caller frees. */
MUST_CHECK EVP_PKEY *signing_evp_read(struct view der);
MUST_CHECK bool signing_evp_export(const void *state, uint8_t *out, size_t *len);
/* A public key from OpenSSL parameters; NULL when refused. */
MUST_CHECK EVP_PKEY *signing_evp_public(const char *type, OSSL_PARAM *params);
/* *len: in the room, out the bytes written. */
MUST_CHECK bool signing_evp_sign(const struct signing_evp *evp, struct view data, uint8_t *out,
                                 size_t *len);
MUST_CHECK bool signing_evp_verify(const struct signing_evp *evp, struct view data,
                                   const uint8_t *signature, size_t len);
/* True when the private half fits the public half: what it signs verifies. */
MUST_CHECK bool signing_evp_fits(const struct signing_evp *evp);
/* The number of that OSSL_PKEY_PARAM name, big-endian, filled with zeros to at least min_len. */
MUST_CHECK bool signing_evp_number(const struct signing_evp *evp, const char *name, size_t min_len,
                                   uint8_t *out, size_t *len);
void signing_evp_clear_key(EVP_PKEY **key);

#endif
