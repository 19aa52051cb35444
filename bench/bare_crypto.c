/* What tokens are measured against: OpenSSL signing or verifying as many bytes as a token has, with
   key and context made once. bare_crypto ES256|EdDSA|HS256 sign|verify SECONDS; prints "operations
   N seconds S". */
#include "bare.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES 400 /* header and claims of an access token, in base64url */
#define SIGNATURE_BYTES 128
#define BATCH 64

struct state {
    const char *algorithm;
    EVP_PKEY *key;
    EVP_MD_CTX *context;
    EVP_MAC_CTX *mac;
    unsigned char message[MESSAGE_BYTES];
    unsigned char signature[SIGNATURE_BYTES];
    size_t signature_bytes;
};

/* EdDSA signs the message itself, in one step. */
static bool is_eddsa(const struct state *state)
{
    return strcmp(state->algorithm, "EdDSA") == 0;
}

static bool sign(void *argument, long number)
{
    struct state *state = argument;
    const EVP_MD *digest = is_eddsa(state) ? NULL : EVP_sha256();
    memcpy(state->message, &number, sizeof number);
    state->signature_bytes = sizeof state->signature;
    return EVP_MD_CTX_reset(state->context) == 1 &&
           EVP_DigestSignInit(state->context, NULL, digest, NULL, state->key) == 1 &&
           EVP_DigestSign(state->context, state->signature, &state->signature_bytes, state->message,
                          sizeof state->message) == 1;
}

static bool verify(void *argument, long number)
{
    struct state *state = argument;
    const EVP_MD *digest = is_eddsa(state) ? NULL : EVP_sha256();
    (void)number;
    return EVP_MD_CTX_reset(state->context) == 1 &&
           EVP_DigestVerifyInit(state->context, NULL, digest, NULL, state->key) == 1 &&
           EVP_DigestVerify(state->context, state->signature, state->signature_bytes,
                            state->message, sizeof state->message) == 1;
}

/* A MAC is made for both: verifying is making it again. */
static bool make_mac(void *argument, long number)
{
    struct state *state = argument;
    memcpy(state->message, &number, sizeof number);
    return EVP_MAC_init(state->mac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(state->mac, state->message, sizeof state->message) == 1 &&
           EVP_MAC_final(state->mac, state->signature, &state->signature_bytes,
                         sizeof state->signature) == 1;
}

static bool init_mac(struct state *state)
{
    static const unsigned char key[32] = {1};
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    state->mac = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    return state->mac != NULL && EVP_MAC_init(state->mac, key, sizeof key, parameters) == 1;
}

static bool init_key(struct state *state)
{
    state->key = is_eddsa(state) ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                 : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    state->context = EVP_MD_CTX_new();
    return state->key != NULL && state->context != NULL && sign(state, 0);
}

static void clear(struct state *state)
{
    EVP_PKEY_free(state->key);
    EVP_MD_CTX_free(state->context);
    EVP_MAC_CTX_free(state->mac);
}

int main(int argc, char **argv)
{
    struct state state = {.algorithm = argc > 1 ? argv[1] : ""};
    double wanted_s = argc > 3 ? strtod(argv[3], NULL) : 0;
    bool is_mac = strcmp(state.algorithm, "HS256") == 0;
    int status = 2;

    if (wanted_s > 0 && (is_mac || is_eddsa(&state) || strcmp(state.algorithm, "ES256") == 0) &&
        (is_mac ? init_mac(&state) : init_key(&state))) {
        bool (*one)(void *, long) = strcmp(argv[2], "sign") == 0 ? sign : verify;
        status = bare_measure(is_mac ? make_mac : one, &state, wanted_s, BATCH, 1) ? 0 : 1;
    }
    clear(&state);
    return status;
}
