/* What one token costs Latchkey by itself: an access token signed, or verified at first sight
   (header, signature, claims), with the bare operation of OpenSSL beside it. Both sides take turns
   of a tenth of a second, so that what else runs on the machine meets them alike.
   own_token sign|verify SECONDS; prints "ours N bare N ratio R" (operations per second of CPU
   time). */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "jwt/jwt.h"

#define TURN_S 0.1
#define NOW_S INT64_C(1800000000)
#define SIGNATURE_MAX_BYTES 80

struct sides {
    bool verifies;
    struct arena arena;
    struct keyring *ring;
    struct jwt_claims claims;
    char token[JWT_MAX_BYTES];
    size_t token_len;
    EVP_PKEY *key;
    EVP_PKEY_CTX *signer, *verifier;
    unsigned char digest[DIGEST_BYTES];
    unsigned char signature[SIGNATURE_MAX_BYTES];
    size_t signature_len;
};

static double cpu_s(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool ours(struct sides *sides)
{
    static const struct jwt_expectation expectation = {
        .issuer = {"http://127.0.0.1:8000", 21}, .audience = {"latchkey", 8}, .now_s = NOW_S};
    struct jwt_claims claims;
    bool good = sides->verifies ? jwt_verify(sides->ring, &expectation,
                                             view_make(sides->token, sides->token_len),
                                             &sides->arena, &claims) == JWT_OK
                                : jwt_encode(sides->ring, &sides->claims, &sides->arena).at != NULL;
    arena_reset(&sides->arena);
    return good;
}

/* The signature alone, key and context made once; of the digest, so that hashing is ours. */
static bool bare(struct sides *sides)
{
    if (sides->verifies)
        return EVP_PKEY_verify(sides->verifier, sides->signature, sides->signature_len,
                               sides->digest, sizeof sides->digest) == 1;
    sides->signature_len = sizeof sides->signature;
    return EVP_PKEY_sign(sides->signer, sides->signature, &sides->signature_len, sides->digest,
                         sizeof sides->digest) == 1;
}

static bool take_turn(bool (*one)(struct sides *), struct sides *sides, double *best)
{
    double start_s = cpu_s(), spent_s = 0;
    long count = 0;
    do {
        for (int i = 0; i < 16; i++, count++) {
            if (!one(sides))
                return false;
        }
        spent_s = cpu_s() - start_s;
    } while (spent_s < TURN_S);
    double rate = (double)count / spent_s;
    *best = rate > *best ? rate : *best;
    return true;
}

static bool open_ours(struct sides *sides)
{
    static const struct view roles[] = {{"user", 4}};
    sides->claims = (struct jwt_claims){
        .issuer = VIEW("http://127.0.0.1:8000"),
        .subject = VIEW("01890a5d-ac96-774b-bcce-b302099a8057"),
        .audience = VIEW("latchkey"),
        .client_id = VIEW("latchkey"),
        .token_id = VIEW("01890a5d-ac96-774b-bcce-b302099a8058"),
        .session_id = VIEW("01890a5d-ac96-774b-bcce-b302099a8059"),
        .roles = roles,
        .role_count = 1,
        .issued_s = NOW_S,
        .expires_s = NOW_S + 1800,
    };
    arena_init(&sides->arena, 0);
    sides->ring = keyring_new();
    if (sides->ring == NULL ||
        !keyring_take(sides->ring, signing_key_generate(SIGNING_ES256), true))
        return false;
    struct view token = jwt_encode(sides->ring, &sides->claims, &sides->arena);
    if (token.at == NULL)
        return false;
    memcpy(sides->token, token.at, token.len);
    sides->token_len = token.len;
    arena_reset(&sides->arena);
    return true;
}

static bool open_bare(struct sides *sides)
{
    sides->key = EVP_EC_gen("P-256");
    sides->signer = sides->key != NULL ? EVP_PKEY_CTX_new(sides->key, NULL) : NULL;
    sides->verifier = sides->key != NULL ? EVP_PKEY_CTX_new(sides->key, NULL) : NULL;
    sides->signature_len = sizeof sides->signature;
    return sides->signer != NULL && sides->verifier != NULL &&
           EVP_PKEY_sign_init(sides->signer) == 1 && EVP_PKEY_verify_init(sides->verifier) == 1 &&
           EVP_PKEY_sign(sides->signer, sides->signature, &sides->signature_len, sides->digest,
                         sizeof sides->digest) == 1;
}

int main(int argc, char **argv)
{
    static struct sides sides;
    double wanted_s = argc > 2 ? strtod(argv[2], NULL) : 0;
    double our_rate = 0, bare_rate = 0;
    sides.verifies = argc > 1 && strcmp(argv[1], "verify") == 0;
    bool good = wanted_s > 0 && secret_setup() && open_ours(&sides) && open_bare(&sides);
    for (double s = 0; good && s < wanted_s; s += 2 * TURN_S)
        good = take_turn(ours, &sides, &our_rate) && take_turn(bare, &sides, &bare_rate);
    if (good)
        printf("ours %.0f bare %.0f ratio %.3f\n", our_rate, bare_rate, our_rate / bare_rate);
    EVP_PKEY_CTX_free(sides.signer);
    EVP_PKEY_CTX_free(sides.verifier);
    EVP_PKEY_free(sides.key);
    keyring_free(sides.ring);
    arena_clear(&sides.arena);
    return good ? 0 : 1;
}
