#include "crypto/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

static const uint8_t *bytes_of(struct view v)
{
    /* libsodium's parameters are declared non-null; the empty view may have no address. */
    return (const uint8_t *)(v.at != NULL ? v.at : "");
}

static void hmac_add(crypto_auth_hmacsha256_state *state, struct view data)
{
    crypto_auth_hmacsha256_update(state, bytes_of(data), data.len);
}

void digest_sha256(struct view data, uint8_t out[DIGEST_BYTES])
{
    /* OpenSSL's takes the CPU's own instructions, a third of the time; it may want memory. */
    if (EVP_Digest(bytes_of(data), data.len, out, NULL, EVP_sha256(), NULL) != 1) {
        crypto_hash_sha256(out, bytes_of(data), data.len);
    }
}

void digest_hmac_sha256(struct view key, struct view data, uint8_t out[DIGEST_BYTES])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, bytes_of(key), key.len);
    hmac_add(&state, data);
    crypto_auth_hmacsha256_final(&state, out);
    secret_wipe_bytes(&state, sizeof(state));
}

void digest_derive(const struct secret *master, const char *label, struct view context,
                   struct secret *out)
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, master->bytes, sizeof(master->bytes));
    hmac_add(&state, view_of(label));
    hmac_add(&state,
             view_make("", 1)); /* the NUL ends the label, so no label is another's prefix */
    hmac_add(&state, context);
    crypto_auth_hmacsha256_final(&state, out->bytes);
    secret_wipe_bytes(&state, sizeof(state));
}
