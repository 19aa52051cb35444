/* HS256: HMAC with SHA-256 (RFC 7518 section 3.2). */
#include "crypto/signing_kind.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

struct hmac {
    size_t len;
    uint8_t bytes[];
};

void *signing_hmac_of_secret(struct view secret)
{
    struct hmac *key;

    if (secret.len < SIGNING_SECRET_MIN_BYTES || secret.len > SIGNING_DER_MAX_BYTES) {
        return NULL;
    }
    key = malloc(sizeof(*key) + secret.len);
    if (key == NULL) {
        return NULL;
    }
    key->len = secret.len;
    memcpy(key->bytes, secret.at, secret.len);
    return key;
}

static void *generate(void)
{
    struct secret secret CLEANUP(secret_wipe);

    secret_random(&secret);
    return signing_hmac_of_secret(view_make(secret.bytes, sizeof(secret.bytes)));
}

static void free_key(void *state)
{
    struct hmac *key = state;

    if (key == NULL) {
        return;
    }
    secret_wipe_bytes(key->bytes, key->len);
    free(key);
}

static bool export(const void *state, uint8_t *out, size_t *len)
{
    const struct hmac *key = state;

    memcpy(out, key->bytes, key->len);
    *len = key->len;
    return true;
}

static void mac(const struct hmac *key, struct view data, uint8_t out[DIGEST_BYTES])
{
    digest_hmac_sha256(view_make(key->bytes, key->len), data, out);
}

static void fingerprint(const void *state, uint8_t out[DIGEST_BYTES])
{
    /* The NUL keeps this apart from every text that could be signed as a token. */
    mac(state, VIEW("latchkey key id\0"), out);
}

static bool sign(const void *state, struct view data, uint8_t out[SIGNING_MAX_BYTES], size_t *len)
{
    mac(state, data, out);
    *len = DIGEST_BYTES;
    return true;
}

static bool verify(const void *state, struct view data, struct view signature)
{
    uint8_t expected[DIGEST_BYTES];

    if (signature.len != sizeof(expected)) {
        return false;
    }
    mac(state, data, expected);
    return secret_equal(expected, signature.at, sizeof(expected));
}

const struct signing_kind signing_hmac = {
    .algorithm = SIGNING_HS256,
    .generate = generate,
    .import = signing_hmac_of_secret,
    .free = free_key,
    .export = export,
    .fingerprint = fingerprint,
    .sign = sign,
    .verify = verify,
};
