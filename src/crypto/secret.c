#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <sodium.h>

/* No configuration file, no error texts, no tables of names: none is used here, all cost memory. */
#define OPENSSL_OPTIONS                                                                            \
    (OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |                           \
     OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS)

bool secret_setup(void)
{
    return OPENSSL_init_crypto(OPENSSL_OPTIONS, NULL) == 1 && sodium_init() >= 0;
}

void secret_random(struct secret *secret)
{
    secret_random_bytes(secret->bytes, sizeof(secret->bytes));
}

void secret_random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void secret_wipe(struct secret *secret)
{
    secret_wipe_bytes(secret->bytes, sizeof(secret->bytes));
}

void secret_wipe_bytes(void *at, size_t len)
{
    if (len > 0) {
        sodium_memzero(at, len);
    }
}

bool secret_equal(const void *a, const void *b, size_t len)
{
    return len == 0 || sodium_memcmp(a, b, len) == 0;
}

void secret_dispose(void *secret)
{
    secret_wipe(secret);
}
