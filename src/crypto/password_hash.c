#include "crypto/password_hash.h"

#include "crypto/password_argon2.h"
#include "crypto/password_bcrypt.h"

/* OWASP password storage cheat sheet. */
#define DEFAULT_MEMORY_KIB (19 * 1024)
#define DEFAULT_PASSES 2
#define DEFAULT_COST 12

/* A hash string, read. */
struct stored {
    enum password_scheme scheme;
    struct password_argon2 argon2; /* PASSWORD_ARGON2ID, argon2i included */
    struct password_bcrypt bcrypt;
};

struct password_params password_params_default(enum password_scheme scheme)
{
    return (struct password_params){
        .scheme = scheme,
        .memory_kib = DEFAULT_MEMORY_KIB,
        .passes = DEFAULT_PASSES,
        .cost = DEFAULT_COST,
    };
}

static const char *unfit(enum password_scheme scheme, struct view password)
{
    if (password.len > PASSWORD_MAX_BYTES) {
        return "is longer than 1024 bytes";
    }
    if (view_find(password, '\0', 0) < password.len) {
        return "holds a NUL character";
    }
    if (scheme == PASSWORD_BCRYPT && password.len > PASSWORD_BCRYPT_MAX_BYTES) {
        return "is longer than 72 bytes";
    }
    return NULL;
}

const char *password_unfit(const struct password_params *params, struct view password)
{
    return unfit(params->scheme, password);
}

bool password_hash_make(const struct password_params *params, struct view password,
                        char out[PASSWORD_HASH_SIZE])
{
    if (password_unfit(params, password) != NULL) {
        return false;
    }
    if (params->scheme == PASSWORD_BCRYPT) {
        return password_bcrypt_make(params->cost, password, out);
    }
    return password_argon2_make(params->memory_kib, params->passes, password, out);
}

static bool parse(struct view hash, struct stored *out)
{
    if (password_argon2_parse(hash, &out->argon2)) {
        out->scheme = PASSWORD_ARGON2ID;
        return true;
    }
    out->scheme = PASSWORD_BCRYPT;
    return password_bcrypt_parse(hash, &out->bcrypt);
}

static bool is_todays(const struct password_params *today, const struct stored *stored)
{
    if (today->scheme != stored->scheme) {
        return false;
    }
    if (stored->scheme == PASSWORD_BCRYPT) {
        return stored->bcrypt.variant == 'b' && stored->bcrypt.cost == today->cost;
    }
    return stored->argon2.is_id && stored->argon2.memory_kib == today->memory_kib &&
           stored->argon2.passes == today->passes;
}

enum password_verdict password_hash_verify(const struct password_params *today, struct view hash,
                                           struct view password)
{
    struct view cut = view_sub(password, 0, PASSWORD_MAX_BYTES);
    enum password_verdict verdict;
    struct stored stored;

    if (!parse(hash, &stored)) {
        return PASSWORD_REFUSED;
    }
    if (stored.scheme == PASSWORD_BCRYPT) {
        verdict = password_bcrypt_verify(hash, cut);
    } else {
        verdict = password_argon2_verify(hash, cut);
    }
    /* Looked at only now, so that an unfit password costs as much as a wrong one. */
    if (verdict == PASSWORD_MATCH && unfit(stored.scheme, password) != NULL) {
        return PASSWORD_WRONG;
    }
    if (verdict == PASSWORD_MATCH && !is_todays(today, &stored)) {
        return PASSWORD_MATCH_OLD;
    }
    return verdict;
}

bool password_hash_is_taken(struct view hash)
{
    struct stored stored;

    return parse(hash, &stored);
}

static struct stored stored_of(const struct password_params *params)
{
    return (struct stored){
        .scheme = params->scheme,
        .argon2 = {.is_id = true, .memory_kib = params->memory_kib, .passes = params->passes},
        .bcrypt = {.variant = 'b', .cost = params->cost},
    };
}

bool password_hash_decoy(const struct password_params *today, struct view sample,
                         char out[PASSWORD_HASH_SIZE])
{
    struct stored stored;
    struct view made;
    struct builder b;

    if (!parse(sample, &stored)) {
        stored = stored_of(today);
    }
    builder_init_fixed(&b, out, PASSWORD_HASH_SIZE);
    if (stored.scheme == PASSWORD_BCRYPT) {
        password_bcrypt_decoy(&stored.bcrypt, &b);
    } else {
        password_argon2_decoy(&stored.argon2, &b);
    }
    builder_char(&b, '\0');
    return builder_end(&b, &made) && password_hash_is_taken(view_make(out, made.len - 1));
}
