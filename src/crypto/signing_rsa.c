/* RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). */
#include "crypto/signing_kind.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "crypto/signing_evp.h"

#define MAX_BITS (SIGNING_MAX_BYTES * 8)

static void clear_number(BIGNUM **number)
{
    BN_free(*number);
}

static void clear_build(OSSL_PARAM_BLD **build)
{
    OSSL_PARAM_BLD_free(*build);
}

static void clear_params(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
}

/* A modulus of 2048 to 4096 bits, an odd exponent of at least 3. */
static bool is_strong(const EVP_PKEY *key)
{
    BIGNUM *e CLEANUP(clear_number) = NULL;
    int bits = EVP_PKEY_get_bits(key);

    if (bits < SIGNING_RSA_MIN_BITS || bits > MAX_BITS) {
        return false;
    }
    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
           !BN_is_one(e);
}

static void *take(EVP_PKEY *key, bool is_private)
{
    if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || !is_strong(key)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return signing_evp_new(key, is_private, RSA_PKCS1_PADDING);
}

static void *generate(void)
{
    return take(EVP_RSA_gen(SIGNING_RSA_MIN_BITS), true);
}

static void *import(struct view der)
{
    struct signing_evp *evp = take(signing_evp_read(der), true);

    if (evp != NULL && signing_evp_fits(evp)) {
        return evp;
    }
    signing_evp_free(evp);
    return NULL;
}

void *signing_rsa_of_numbers(struct view n, struct view e)
{
    BIGNUM *modulus CLEANUP(clear_number) = NULL;
    BIGNUM *exponent CLEANUP(clear_number) = NULL;
    OSSL_PARAM_BLD *build CLEANUP(clear_build) = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params CLEANUP(clear_params) = NULL;

    if (build == NULL || n.len == 0 || n.len > SIGNING_MAX_BYTES + 1 || e.len == 0 ||
        e.len > SIGNING_MAX_BYTES) {
        return NULL;
    }
    modulus = BN_bin2bn((const uint8_t *)n.at, (int)n.len, NULL);
    exponent = BN_bin2bn((const uint8_t *)e.at, (int)e.len, NULL);
    if (modulus == NULL || exponent == NULL ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
        return NULL;
    }
    params = OSSL_PARAM_BLD_to_param(build);
    return params != NULL ? take(signing_evp_public("RSA", params), false) : NULL;
}

static bool parts(const void *state, struct signing_part out[4], size_t *count)
{
    *count = 3;
    out[0] = (struct signing_part){.name = "e"};
    out[1] = (struct signing_part){.name = "kty", .text = "RSA"};
    out[2] = (struct signing_part){.name = "n"};
    return signing_evp_number(state, OSSL_PKEY_PARAM_RSA_E, 1, out[0].number, &out[0].number_len) &&
           signing_evp_number(state, OSSL_PKEY_PARAM_RSA_N, 1, out[2].number, &out[2].number_len);
}

static bool sign(const void *state, struct view data, uint8_t out[SIGNING_MAX_BYTES], size_t *len)
{
    *len = SIGNING_MAX_BYTES;
    return signing_evp_sign(state, data, out, len);
}

static bool verify(const void *state, struct view data, struct view signature)
{
    const struct signing_evp *evp = state;

    return signature.len == (size_t)EVP_PKEY_get_size(evp->key) &&
           signing_evp_verify(evp, data, (const uint8_t *)signature.at, signature.len);
}

const struct signing_kind signing_rsa = {
    .algorithm = SIGNING_RS256,
    .generate = generate,
    .import = import,
    .free = signing_evp_free,
    .export = signing_evp_export,
    .parts = parts,
    .sign = sign,
    .verify = verify,
};
