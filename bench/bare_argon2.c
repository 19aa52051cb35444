/* What log-in is measured against: verifying one argon2id hash with the parameters that Latchkey
   has by default, over and over. bare_argon2 SECONDS; prints "operations N seconds S". */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASSES 2
#define MEMORY_BYTES ((size_t)19 * 1024 * 1024)

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static const char password[] = "correct horse battery staple";
    double wanted_s = argc > 1 ? strtod(argv[1], NULL) : 0;
    char hash[crypto_pwhash_STRBYTES];
    long operations = 0;

    if (wanted_s <= 0 || sodium_init() < 0 ||
        crypto_pwhash_str_alg(hash, password, strlen(password), PASSES, MEMORY_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return 2;
    double start_s = now_s();
    while (now_s() - start_s < wanted_s) {
        if (crypto_pwhash_str_verify(hash, password, strlen(password)) != 0)
            return 1;
        operations++;
    }
    printf("operations %ld seconds %.6f\n", operations, now_s() - start_s);
    return 0;
}
