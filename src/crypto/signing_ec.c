/* ES256: ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4). */
#include "crypto/signing_kind.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/signing_evp.h"

#define FIELD_BYTES ((size_t)32)
#define SIGNATURE_BYTES (2 * FIELD_BYTES)
#define DER_MAX_BYTES 80 /* SEQUENCE of two INTEGERs of at most 33 bytes: 72 */
#define CURVE "prime256v1"

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

/* Takes an INTEGER of DER that is not negative into FIELD_BYTES bytes, zeros in front. */
static bool take_integer(struct view *der, uint8_t out[FIELD_BYTES])
{
    const uint8_t *at = (const uint8_t *)der->at;
    size_t len = der->len > 2 ? at[1] : 0;
    size_t padding;

    if (len == 0 || at[0] != V_ASN1_INTEGER || len > der->len - 2) {
        return false;
    }
    padding = at[2] == 0;
    if (len - padding > FIELD_BYTES) {
        return false;
    }
    memset(out, 0, FIELD_BYTES);
    memcpy(out + FIELD_BYTES - (len - padding), at + 2 + padding, len - padding);
    *der = view_sub(*der, 2 + len, der->len);
    return true;
}

/* Turns OpenSSL's DER, a SEQUENCE of two INTEGERs, into r || s. */
static bool from_der(struct view der, uint8_t out[SIGNATURE_BYTES])
{
    der = view_sub(der, 2, der.len);
    return take_integer(&der, out) && take_integer(&der, out + FIELD_BYTES) && der.len == 0;
}

static bool sign(const void *state, struct view data, uint8_t out[SIGNING_MAX_BYTES], size_t *len)
{
    uint8_t der[DER_MAX_BYTES];
    size_t der_len = sizeof(der);

    *len = SIGNATURE_BYTES;
    return signing_evp_sign(state, data, der, &der_len) && from_der(view_make(der, der_len), out);
}

/* An INTEGER of DER: no needless zero in front, and a zero where the first bit would be a sign. */
static uint8_t *put_integer(uint8_t *at, const uint8_t *number)
{
    size_t len = FIELD_BYTES;
    bool padded;

    while (len > 1 && *number == 0) {
        number++;
        len--;
    }
    padded = (*number & 0x80) != 0;
    *at++ = V_ASN1_INTEGER;
    *at++ = (uint8_t)(len + padded);
    if (padded) {
        *at++ = 0;
    }
    memcpy(at, number, len);
    return at + len;
}

/* Turns r || s into DER; returns its length. */
static size_t to_der(const uint8_t *raw, uint8_t out[DER_MAX_BYTES])
{
    uint8_t *end = put_integer(put_integer(out + 2, raw), raw + FIELD_BYTES);

    out[0] = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
    out[1] = (uint8_t)(end - out - 2); /* at most 70: one byte says it */
    return (size_t)(end - out);
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
    return signing_evp_verify(state, data, der, len);
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
