/* EdDSA on Ed25519 (RFC 8032, RFC 8037), by libsodium: it needs no set-up and no memory a call. */
#include "crypto/signing_kind.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crypto/secret.h"

#define SEED_BYTES crypto_sign_ed25519_SEEDBYTES

/* PKCS #8 of an Ed25519 key is this and the seed (RFC 8410 section 7). */
static const uint8_t pkcs8_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                     0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

struct ed25519 {
    uint8_t public[crypto_sign_ed25519_PUBLICKEYBYTES];
    uint8_t private[crypto_sign_ed25519_SECRETKEYBYTES]; /* seed, then the public key */
    bool is_private;
};

static void *generate(void)
{
    struct ed25519 *key = calloc(1, sizeof(*key));

    if (key == NULL) {
        return NULL;
    }
    crypto_sign_ed25519_keypair(key->public, key->private);
    key->is_private = true;
    return key;
}

static void *import(struct view der)
{
    struct ed25519 *key;

    if (der.len != sizeof(pkcs8_head) + SEED_BYTES ||
        memcmp(der.at, pkcs8_head, sizeof(pkcs8_head)) != 0) {
        return NULL;
    }
    key = calloc(1, sizeof(*key));
    if (key == NULL) {
        return NULL;
    }
    crypto_sign_ed25519_seed_keypair(key->public, key->private,
                                     (const uint8_t *)der.at + sizeof(pkcs8_head));
    key->is_private = true;
    return key;
}

void *signing_ed25519_of_public(struct view x)
{
    struct ed25519 *key;

    if (x.len != sizeof(key->public)) {
        return NULL;
    }
    key = calloc(1, sizeof(*key));
    if (key != NULL) {
        memcpy(key->public, x.at, sizeof(key->public));
    }
    return key;
}

static void free_key(void *state)
{
    if (state == NULL) {
        return;
    }
    secret_wipe_bytes(state, sizeof(struct ed25519));
    free(state);
}

static bool export(const void *state, uint8_t *out, size_t *len)
{
    const struct ed25519 *key = state;

    if (!key->is_private) {
        return false;
    }
    memcpy(out, pkcs8_head, sizeof(pkcs8_head));
    crypto_sign_ed25519_sk_to_seed(out + sizeof(pkcs8_head), key->private);
    *len = sizeof(pkcs8_head) + SEED_BYTES;
    return true;
}

static bool parts(const void *state, struct signing_part out[4], size_t *count)
{
    const struct ed25519 *key = state;

    *count = 3;
    out[0] = (struct signing_part){.name = "crv", .text = "Ed25519"};
    out[1] = (struct signing_part){.name = "kty", .text = "OKP"};
    out[2] = (struct signing_part){.name = "x", .number_len = sizeof(key->public)};
    memcpy(out[2].number, key->public, sizeof(key->public));
    return true;
}

static bool sign(const void *state, struct view data, uint8_t out[SIGNING_MAX_BYTES], size_t *len)
{
    const struct ed25519 *key = state;

    *len = crypto_sign_ed25519_BYTES;
    return key->is_private && crypto_sign_ed25519_detached(out, NULL, (const uint8_t *)data.at,
                                                           data.len, key->private) == 0;
}

static bool verify(const void *state, struct view data, struct view signature)
{
    const struct ed25519 *key = state;

    return signature.len == crypto_sign_ed25519_BYTES &&
           crypto_sign_ed25519_verify_detached(
               (const uint8_t *)signature.at, (const uint8_t *)data.at, data.len, key->public) == 0;
}

const struct signing_kind signing_ed25519 = {
    .algorithm = SIGNING_EDDSA,
    .generate = generate,
    .import = import,
    .free = free_key,
    .export = export,
    .parts = parts,
    .sign = sign,
    .verify = verify,
};
