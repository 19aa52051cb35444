/* What log-in could do at most: verifying one argon2id hash by this build's own code, memory kept
   between hashes, with the parameters that Latchkey has by default.
   own_argon2 SECONDS [THREADS]; prints "operations N seconds S". */
#include "bare_threads.h"

#include <stdlib.h>

#include "crypto/password_hash.h"
#include "crypto/password_memory.h"
#include "crypto/secret.h"

#define BYTES_PER_KIB 1024

static const struct view password = VIEW_INIT("correct horse battery staple");

struct stored {
    struct password_params params;
    char hash[PASSWORD_HASH_SIZE];
};

static bool verify(const void *state)
{
    const struct stored *stored = state;
    return password_hash_verify(&stored->params, view_of(stored->hash), password) == PASSWORD_MATCH;
}

int main(int argc, char **argv)
{
    struct stored stored = {.params = password_params_default(PASSWORD_ARGON2ID)};
    size_t block_bytes = (size_t)stored.params.memory_kib * BYTES_PER_KIB;
    double wanted_s = argc > 1 ? strtod(argv[1], NULL) : 0;
    long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 1;

    if (wanted_s <= 0 || threads < 1 || threads > BARE_THREADS_MAX || !secret_setup())
        return 2;
    stored.params.memory = password_memory_new(block_bytes, (unsigned)threads);
    if (stored.params.memory == NULL || !password_hash_make(&stored.params, password, stored.hash))
        return 1;
    bool good = bare_measure_threads(verify, &stored, wanted_s, threads);
    password_memory_free(stored.params.memory);
    return good ? 0 : 1;
}
