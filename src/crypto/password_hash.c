#include "crypto/password_hash.h"

#include "crypto/password_argon2.h"
#include "crypto/password_bcrypt.h"
#include "crypto/password_kdf.h"

/* OWASP password storage cheat sheet. */
#define DEFAULT_MEMORY_KIB (19 * 1024)
#define DEFAULT_PASSES 2
#define DEFAULT_COST 12

/* A hash string, read. */
struct stored {
    bool is_foreign; /* one that we never make: kdf */
    enum password_scheme scheme;
    struct password_argon2 argon2; /* PASSWORD_ARGON2ID, argon2i included */
    struct password_bcrypt bcrypt;
    struct password_kdf kdf;
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
    return password_argon2_make(params->memory, params->memory_kib, params->passes, password, out);
}

static bool parse(struct view hash, struct stored *out)
{
    out->is_foreign = false;
    out->scheme = PASSWORD_ARGON2ID;
    if (password_argon2_parse(hash, &out->argon2)) {
        return true;
    }
    if (password_kdf_parse(hash, &out->kdf)) {
        out->is_foreign = true;
        return true;
    }
    out->scheme = PASSWORD_BCRYPT;
    return password_bcrypt_parse(hash, &out->bcrypt);
}

static bool is_todays(const struct password_params *today, const struct stored *stored)
{
    if (stored->is_foreign || today->scheme != stored->scheme) {
        return false;
    }
    if (stored->scheme == PASSWORD_BCRYPT) {
        return stored->bcrypt.variant == 'b' && stored->bcrypt.cost == today->cost;
    }
    return stored->argon2.is_id && stored->argon2.memory_kib == today->memory_kib &&
           stored->argon2.passes == today->passes && stored->argon2.lanes == PASSWORD_ARGON2_LANES;
}

static enum password_verdict compute(const struct password_params *today,
                                     const struct stored *stored, struct view hash,
                                     struct view password)
{
    if (stored->is_foreign) {
        return password_kdf_verify(&stored->kdf, password);
    }
    return stored->scheme == PASSWORD_BCRYPT
               ? password_bcrypt_verify(hash, password)
               : password_argon2_verify(today->memory, &stored->argon2, password);
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
    verdict = compute(today, &stored, hash, cut);
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

/* Django writes its name before the string. */
static struct view without_prefix(struct view hash)
{
    const struct view name = VIEW("argon2");

    return view_starts_with(hash, VIEW("argon2$argon2")) ? view_sub(hash, name.len, hash.len)
                                                         : hash;
}

/* What begins like a hash we know, for a word on why it is not taken. */
static bool is_known_kind(struct view hash)
{
    static const struct view known[] = {
        VIEW_INIT("$argon2i"),      VIEW_INIT("$2a$"),           VIEW_INIT("$2b$"),
        VIEW_INIT("$2y$"),          VIEW_INIT("$pbkdf2-"),       VIEW_INIT("pbkdf2_sha"),
        VIEW_INIT("$scrypt$"),      VIEW_INIT("$firescrypt$"),   VIEW_INIT("scrypt$"),
        VIEW_INIT("scrypt:"),       VIEW_INIT("pbkdf2:sha256:"), VIEW_INIT("pbkdf2:sha512:"),
        VIEW_INIT("argon2$argon2"),
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (view_starts_with(hash, known[i])) {
            return true;
        }
    }
    return false;
}

const char *password_hash_import(struct view foreign, char out[PASSWORD_HASH_SIZE])
{
    struct view hash = without_prefix(foreign);
    struct password_kdf kdf;
    struct builder b;
    struct view made;

    builder_init_fixed(&b, out, PASSWORD_HASH_SIZE);
    if (password_kdf_parse_foreign(hash, &kdf)) {
        password_kdf_write(&kdf, &b);
    } else if (password_hash_is_taken(hash)) {
        builder_add(&b, hash);
    } else {
        return is_known_kind(foreign)
                   ? "The password hash is malformed or asks for more work than is allowed."
                   : "The password hash is of no kind that is taken here.";
    }
    builder_char(&b, '\0');
    return builder_end(&b, &made) ? NULL : "The password hash is too long.";
}

static struct stored stored_of(const struct password_params *params)
{
    return (struct stored){
        .scheme = params->scheme,
        .argon2 = {.is_id = true,
                   .memory_kib = params->memory_kib,
                   .passes = params->passes,
                   .lanes = PASSWORD_ARGON2_LANES},
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
    if (stored.is_foreign) {
        password_kdf_decoy(&stored.kdf, &b);
    } else if (stored.scheme == PASSWORD_BCRYPT) {
        password_bcrypt_decoy(&stored.bcrypt, &b);
    } else {
        password_argon2_decoy(&stored.argon2, &b);
    }
    builder_char(&b, '\0');
    return builder_end(&b, &made) && password_hash_is_taken(view_make(out, made.len - 1));
}
