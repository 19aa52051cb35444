/* What log-in is measured against: verifying one argon2id hash with the parameters that Latchkey
   has by default, over and over. bare_argon2 SECONDS [THREADS]; prints "operations N seconds S". */
#include "bare.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 2
#define MEMORY_BYTES ((size_t)19 * 1024 * 1024)
#define THREADS_MAX 64

static const char password[] = "correct horse battery staple";

struct worker {
    pthread_t thread;
    const char *hash;
    double wanted_s;
    long operations; /* -1: a hash did not fit */
};

static void *verify(void *argument)
{
    struct worker *worker = argument;
    double start_s = bare_now_s();
    while (bare_now_s() - start_s < worker->wanted_s) {
        if (crypto_pwhash_str_verify(worker->hash, password, strlen(password)) != 0) {
            worker->operations = -1;
            break;
        }
        worker->operations++;
    }
    return NULL;
}

static int measure(const char *hash, double wanted_s, long threads)
{
    struct worker workers[THREADS_MAX] = {0};
    long operations = 0;
    double start_s = bare_now_s();

    for (long i = 0; i < threads; i++) {
        workers[i].hash = hash;
        workers[i].wanted_s = wanted_s;
        if (pthread_create(&workers[i].thread, NULL, verify, &workers[i]) != 0)
            return 1;
    }
    bool good = true;
    for (long i = 0; i < threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        good = good && workers[i].operations >= 0;
        operations += workers[i].operations;
    }
    bare_print(operations, bare_now_s() - start_s);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    double wanted_s = argc > 1 ? strtod(argv[1], NULL) : 0;
    long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    char hash[crypto_pwhash_STRBYTES];

    if (wanted_s <= 0 || threads < 1 || threads > THREADS_MAX || sodium_init() < 0 ||
        crypto_pwhash_str_alg(hash, password, strlen(password), PASSES, MEMORY_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return 2;
    return measure(hash, wanted_s, threads);
}
