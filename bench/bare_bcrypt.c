/* The other hash for passwords: verifying one of crypt(3), over and over. bare_bcrypt SECONDS COST;
   prints "operations N seconds S". */
#include "bare.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

static const char password[] = "correct horse battery staple";

struct state {
    struct crypt_data data;
    char hash[CRYPT_OUTPUT_SIZE];
};

static bool verify(void *argument, long number)
{
    struct state *state = argument;
    (void)number;
    const char *made = crypt_r(password, state->hash, &state->data);
    return made != NULL && strcmp(made, state->hash) == 0;
}

int main(int argc, char **argv)
{
    static struct state state;
    double wanted_s = argc > 1 ? strtod(argv[1], NULL) : 0;
    unsigned long cost = argc > 2 ? strtoul(argv[2], NULL, 10) : 12;
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];

    if (wanted_s <= 0 || crypt_gensalt_rn("$2b$", cost, NULL, 0, salt, sizeof salt) == NULL)
        return 2;
    const char *made = crypt_r(password, salt, &state.data);
    if (made == NULL || made[0] != '$' || strlen(made) >= sizeof state.hash)
        return 2;
    memcpy(state.hash, made, strlen(made) + 1);
    return bare_measure(verify, &state, wanted_s, 1, 1) ? 0 : 1;
}
