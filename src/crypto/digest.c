#include "crypto/digest.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

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

/* --- piece by piece --------------------------------------------------------------------------- */

struct digest_stream {
    EVP_MD_CTX *context;
    bool failed;
};

static void begin(struct digest_stream *stream)
{
    stream->failed = EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) != 1;
}

struct digest_stream *digest_stream_new(void)
{
    struct digest_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL) {
        return NULL;
    }
    stream->context = EVP_MD_CTX_new();
    if (stream->context == NULL) {
        free(stream);
        return NULL;
    }
    begin(stream);
    return stream;
}

void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t len)
{
    stream->failed = stream->failed || EVP_DigestUpdate(stream->context, bytes, len) != 1;
}

bool digest_stream_end(struct digest_stream *stream, uint8_t out[DIGEST_BYTES])
{
    bool ok = !stream->failed && EVP_DigestFinal_ex(stream->context, out, NULL) == 1;

    begin(stream);
    return ok;
}

void digest_stream_free(struct digest_stream *stream)
{
    if (stream != NULL) {
        EVP_MD_CTX_free(stream->context);
        free(stream);
    }
}
