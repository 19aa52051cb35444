/* ES256: ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4). */
#include "crypto/signing_kind.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/signing_evp.h"

#define FIELD_BYTES ((size_t)32)
#define SIGNATURE_BYTES (2 * FIELD_BYTES)
#define DER_MAX_BYTES 80 /* SEQUENCE of two INTEGERs of at most 33 bytes: 72 */
#define CURVE "prime256v1"

static void clear_pair(ECDSA_SIG **pair)
{
    ECDSA_SIG_free(*pair);
}

static void *take(EVP_PKEY *key)
{
    return signing_evp_new(key, true, 0);
}

static void *generate(void)
{
    return take(EVP_EC_gen(CURVE));
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t len;

    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
           strcmp(group, CURVE) == 0;
}

static void *import(struct view der)
{
    EVP_PKEY *key = signing_evp_read(der);
    struct signing_evp *evp;

    if (key == NULL || !is_p256(key)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    evp = take(key);
    if (evp != NULL && signing_evp_fits(evp)) {
        return evp;
    }
    signing_evp_free(evp);
    return NULL;
}

void *signing_ec_of_point(struct view x, struct view y)
{
    uint8_t point[1 + SIGNATURE_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    char curve[] = CURVE;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };

    if (x.len != FIELD_BYTES || y.len != FIELD_BYTES) {
        return NULL;
    }
    memcpy(point + 1, x.at, FIELD_BYTES);
    memcpy(point + 1 + FIELD_BYTES, y.at, FIELD_BYTES);
    /* OpenSSL refuses a point that is not on the curve. */
    return signing_evp_new(signing_evp_public("EC", params), false, 0);
}

static bool parts(const void *state, struct signing_part out[4], size_t *count)
{
    *count = 4;
    out[0] = (struct signing_part){.name = "crv", .text = "P-256"};
    out[1] = (struct signing_part){.name = "kty", .text = "EC"};
    out[2] = (struct signing_part){.name = "x"};
    out[3] = (struct signing_part){.name = "y"};
    return signing_evp_number(state, OSSL_PKEY_PARAM_EC_PUB_X, FIELD_BYTES, out[2].number,
                              &out[2].number_len) &&
           signing_evp_number(state, OSSL_PKEY_PARAM_EC_PUB_Y, FIELD_BYTES, out[3].number,
                              &out[3].number_len);
}

static bool sign(const void *state, struct view data, uint8_t out[SIGNING_MAX_BYTES], size_t *len)
{
    ECDSA_SIG *pair CLEANUP(clear_pair) = NULL;
    uint8_t der[DER_MAX_BYTES];
    const unsigned char *at = der;
    size_t der_len = sizeof(der);

    if (!signing_evp_sign(state, data, der, &der_len)) {
        return false;
    }
    pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    *len = SIGNATURE_BYTES;
    return pair != NULL &&
           BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, FIELD_BYTES) == (int)FIELD_BYTES &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + FIELD_BYTES, FIELD_BYTES) == (int)FIELD_BYTES;
}

/* Turns r || s into DER; returns its length, 0 on failure. */
static size_t to_der(const uint8_t *raw, uint8_t out[DER_MAX_BYTES])
{
    ECDSA_SIG *pair CLEANUP(clear_pair) = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, FIELD_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(raw + FIELD_BYTES, FIELD_BYTES, NULL);
    unsigned char *at = out;
    int len;

    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return 0;
    }
    len = i2d_ECDSA_SIG(pair, &at);
    return len > 0 ? (size_t)len : 0;
}

static bool verify(const void *state, struct view data, struct view signature)
{
    uint8_t der[DER_MAX_BYTES];
    size_t len;

    if (signature.len != SIGNATURE_BYTES) {
        return false;
    }
    len = to_der((const uint8_t *)signature.at, der);
    /* OpenSSL refuses r and s outside 1 to n-1. */
    return len > 0 && signing_evp_verify(state, data, der, len);
}

const struct signing_kind signing_ec = {
    .algorithm = SIGNING_ES256,
    .generate = generate,
    .import = import,
    .free = signing_evp_free,
    .export = signing_evp_export,
    .parts = parts,
    .sign = sign,
    .verify = verify,
};
