/* What log-in is measured against: libsodium verifying one argon2id hash with the parameters that
   Latchkey has by default, over and over. bare_argon2 SECONDS [THREADS]; prints
   "operations N seconds S". */
#include "bare_threads.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 2
#define MEMORY_BYTES ((size_t)19 * 1024 * 1024)

static const char password[] = "correct horse battery staple";

static bool verify(const void *hash)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

int main(int argc, char **argv)
{
    double wanted_s = argc > 1 ? strtod(argv[1], NULL) : 0;
    long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    char hash[crypto_pwhash_STRBYTES];

    if (wanted_s <= 0 || threads < 1 || threads > BARE_THREADS_MAX || sodium_init() < 0 ||
        crypto_pwhash_str_alg(hash, password, strlen(password), PASSES, MEMORY_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return 2;
    return bare_measure_threads(verify, hash, wanted_s, threads) ? 0 : 1;
}
