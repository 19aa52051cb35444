#include "crypto/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

static const uint8_t *bytes_of(struct view v)
{
    /* libsodium's parameters are declared non-null; the empty view may have no address. */
    return (const uint8_t *)(v.at != NULL ? v.at : "");
}

/* --- at once -----------------------------------------------------------------------------------
   OpenSSL's SHA-256 takes the CPU's own instructions, a third of the time of libsodium's. But
   finding it by its name takes locks that all threads share, and a context takes memory, each time:
   so every thread keeps one context. It never holds more than the last digest. */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t context_key; /* ends with its thread */
static bool key_made;

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void make_key(void)
{
    key_made = pthread_key_create(&context_key, free_context) == 0;
}

static EVP_MD_CTX *new_context(void)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context == NULL || sha256 == NULL || EVP_DigestInit_ex2(context, sha256, NULL) != 1 ||
        pthread_setspecific(context_key, context) != 0) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    EVP_MD_free(sha256); /* the context holds it */
    return context;
}

/* The thread's; NULL when there is no memory for it. */
static EVP_MD_CTX *get_context(void)
{
    EVP_MD_CTX *context;

    (void)pthread_once(&key_once, make_key);
    if (!key_made) {
        return NULL;
    }
    context = pthread_getspecific(context_key);
    return context != NULL ? context : new_context();
}

void digest_sha256(struct view data, uint8_t out[DIGEST_BYTES])
{
    EVP_MD_CTX *context = get_context();

    if (context == NULL || EVP_DigestInit_ex2(context, NULL, NULL) != 1 ||
        EVP_DigestUpdate(context, bytes_of(data), data.len) != 1 ||
        EVP_DigestFinal_ex(context, out, NULL) != 1) {
        crypto_hash_sha256(out, bytes_of(data), data.len);
    }
}

/* --- with a key ------------------------------------------------------------------------------- */

static void hmac_add(crypto_auth_hmacsha256_state *state, struct view data)
{
    crypto_auth_hmacsha256_update(state, bytes_of(data), data.len);
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
