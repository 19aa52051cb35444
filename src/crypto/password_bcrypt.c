#include "crypto/password_bcrypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

#define COST_MIN 4
#define COST_MAX 15
#define PREFIX_LENGTH ((size_t)7) /* $2b$12$ */
#define SALT_LENGTH ((size_t)22)
#define HASH_LENGTH ((size_t)31)
#define STRING_LENGTH (PREFIX_LENGTH + SALT_LENGTH + HASH_LENGTH)
#define SALT_BYTES 16

static const char alphabet[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* libxcrypt's working memory holds the password and keys made of it; 32 KiB are too much for a
   stack. */
static void clear_data(struct crypt_data **data)
{
    if (*data == NULL) {
        return;
    }
    secret_wipe_bytes(*data, sizeof(**data));
    free(*data);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphabet(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\0' || strchr(alphabet, text.at[i]) == NULL) {
            return false;
        }
    }
    return true;
}

bool password_bcrypt_parse(struct view hash, struct password_bcrypt *out)
{
    const char *at = hash.at;

    if (hash.len != STRING_LENGTH || at[0] != '$' || at[1] != '2' ||
        (at[2] != 'a' && at[2] != 'b' && at[2] != 'y') || at[3] != '$' || !is_digit(at[4]) ||
        !is_digit(at[5]) || at[6] != '$') {
        return false;
    }
    out->variant = at[2];
    out->cost = (unsigned)((at[4] - '0') * 10 + (at[5] - '0'));
    return out->cost >= COST_MIN && out->cost <= COST_MAX &&
           is_alphabet(view_sub(hash, PREFIX_LENGTH, hash.len));
}

/* Hashes with that setting; false when libxcrypt refuses it. */
static bool compute(struct view password, const char *setting, char out[STRING_LENGTH + 1])
{
    struct crypt_data *data CLEANUP(clear_data) = calloc(1, sizeof(*data));
    char phrase[PASSWORD_BCRYPT_MAX_BYTES + 1] = {0};
    const char *made;
    size_t len;

    if (data == NULL) {
        return false;
    }
    if (password.len > 0) {
        memcpy(phrase, password.at,
               password.len < sizeof(phrase) ? password.len : sizeof(phrase) - 1);
    }
    made = crypt_rn(phrase, setting, data, (int)sizeof(*data));
    secret_wipe_bytes(phrase, sizeof(phrase));
    len = made != NULL ? strlen(made) : 0;
    if (len != STRING_LENGTH) {
        return false;
    }
    memcpy(out, made, len + 1);
    return true;
}

bool password_bcrypt_make(unsigned cost, struct view password, char out[PASSWORD_HASH_SIZE])
{
    char salt[SALT_BYTES];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    secret_random_bytes(salt, sizeof(salt));
    return cost <= COST_MAX &&
           crypt_gensalt_rn("$2b$", cost, salt, sizeof(salt), setting, sizeof(setting)) != NULL &&
           compute(password, setting, out);
}

enum password_verdict password_bcrypt_verify(struct view hash, struct view password)
{
    const size_t from = STRING_LENGTH - HASH_LENGTH;
    char setting[STRING_LENGTH + 1] = {0};
    char made[STRING_LENGTH + 1];

    memcpy(setting, hash.at, STRING_LENGTH);
    if (!compute(password, setting, made)) {
        return PASSWORD_REFUSED;
    }
    /* The setting is the same by construction, but for unused bits in the salt's last character. */
    return secret_equal(made + from, setting + from, HASH_LENGTH) ? PASSWORD_MATCH : PASSWORD_WRONG;
}

void password_bcrypt_decoy(const struct password_bcrypt *params, struct builder *out)
{
    uint8_t bytes[SALT_LENGTH + HASH_LENGTH];

    secret_random_bytes(bytes, sizeof(bytes));
    builder_format(out, "$2%c$%02u$", params->variant, params->cost);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        builder_char(out, alphabet[bytes[i] % 64]);
    }
}
