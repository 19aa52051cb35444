#include "crypto/signing_evp.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/digest.h"
#include "crypto/signing_kind.h"

static void clear_ctx(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void clear_p8(PKCS8_PRIV_KEY_INFO **p8)
{
    PKCS8_PRIV_KEY_INFO_free(*p8);
}

static void clear_number(BIGNUM **number)
{
    BN_free(*number);
}

void signing_evp_clear_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

/* OpenSSL keeps a queue of errors for each thread; nobody reads it here, so it is emptied where it
   may have filled. */
static bool failed(void)
{
    ERR_clear_error();
    return false;
}

static bool set_up(EVP_PKEY_CTX *ctx, int padding)
{
    return EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0 &&
           (padding == 0 || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) > 0);
}

static bool make_contexts(struct signing_evp *evp, bool is_private, int padding)
{
    evp->verifier = EVP_PKEY_CTX_new(evp->key, NULL);
    if (evp->verifier == NULL || EVP_PKEY_verify_init(evp->verifier) <= 0 ||
        !set_up(evp->verifier, padding)) {
        return failed();
    }
    if (!is_private) {
        return true;
    }
    evp->signer = EVP_PKEY_CTX_new(evp->key, NULL);
    if (evp->signer == NULL || EVP_PKEY_sign_init(evp->signer) <= 0 ||
        !set_up(evp->signer, padding)) {
        return failed();
    }
    return true;
}

struct signing_evp *signing_evp_new(EVP_PKEY *key, bool is_private, int padding)
{
    struct signing_evp *evp = key != NULL ? calloc(1, sizeof(*evp)) : NULL;

    if (evp == NULL) {
        EVP_PKEY_free(key);
        return NULL;
    }
    evp->key = key;
    if (make_contexts(evp, is_private, padding)) {
        return evp;
    }
    signing_evp_free(evp);
    return NULL;
}

void signing_evp_free(void *state)
{
    struct signing_evp *evp = state;

    if (evp == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(evp->signer);
    EVP_PKEY_CTX_free(evp->verifier);
    EVP_PKEY_free(evp->key);
    free(evp);
}

EVP_PKEY *signing_evp_read(struct view der)
{
    const unsigned char *at = (const unsigned char *)der.at;
    PKCS8_PRIV_KEY_INFO *p8 CLEANUP(clear_p8) = NULL;
    EVP_PKEY *key;

    if (der.at == NULL || der.len > SIGNING_DER_MAX_BYTES) {
        return NULL;
    }
    p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (p8 == NULL || at != (const unsigned char *)der.at + der.len) {
        failed();
        return NULL;
    }
    key = EVP_PKCS82PKEY(p8);
    ERR_clear_error();
    return key;
}

bool signing_evp_export(const void *state, uint8_t *out, size_t *len)
{
    const struct signing_evp *evp = state;
    PKCS8_PRIV_KEY_INFO *p8 CLEANUP(clear_p8) = NULL;
    unsigned char *at = out;
    int size;

    if (evp->signer == NULL) {
        return false;
    }
    p8 = EVP_PKEY2PKCS8(evp->key);
    size = p8 != NULL ? i2d_PKCS8_PRIV_KEY_INFO(p8, NULL) : -1;
    if (size <= 0 || size > SIGNING_DER_MAX_BYTES) {
        return failed();
    }
    *len = (size_t)size;
    return i2d_PKCS8_PRIV_KEY_INFO(p8, &at) == size || failed();
}

EVP_PKEY *signing_evp_public(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx CLEANUP(clear_ctx) = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
        failed();
    }
    return key;
}

bool signing_evp_sign(const struct signing_evp *evp, struct view data, uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx CLEANUP(clear_ctx) = NULL;
    uint8_t digest[DIGEST_BYTES];

    if (evp->signer == NULL) {
        return false;
    }
    ctx = EVP_PKEY_CTX_dup(evp->signer);
    digest_sha256(data, digest);
    return (ctx != NULL && EVP_PKEY_sign(ctx, out, len, digest, sizeof(digest)) == 1) || failed();
}

bool signing_evp_verify(const struct signing_evp *evp, struct view data, const uint8_t *signature,
                        size_t len)
{
    EVP_PKEY_CTX *ctx CLEANUP(clear_ctx) = EVP_PKEY_CTX_dup(evp->verifier);
    uint8_t digest[DIGEST_BYTES];

    digest_sha256(data, digest);
    return (ctx != NULL && EVP_PKEY_verify(ctx, signature, len, digest, sizeof(digest)) == 1) ||
           failed();
}

bool signing_evp_fits(const struct signing_evp *evp)
{
    uint8_t signature[SIGNING_MAX_BYTES];
    size_t len = sizeof(signature);

    return signing_evp_sign(evp, VIEW("latchkey"), signature, &len) &&
           signing_evp_verify(evp, VIEW("latchkey"), signature, len);
}

bool signing_evp_number(const struct signing_evp *evp, const char *name, size_t min_len,
                        uint8_t *out, size_t *len)
{
    BIGNUM *number CLEANUP(clear_number) = NULL;
    size_t size;

    if (EVP_PKEY_get_bn_param(evp->key, name, &number) <= 0) {
        return failed();
    }
    size = (size_t)BN_num_bytes(number);
    *len = size < min_len ? min_len : size;
    return *len <= SIGNING_MAX_BYTES && BN_bn2binpad(number, out, (int)*len) >= 0;
}
