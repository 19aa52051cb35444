/* Password hashes: made with today's parameters, verified for every kind we take. Slow on purpose;
   thread-safe. Stored forms are the standard strings ($argon2id$…, $2b$…), and those of
   password_kdf.h for hashes that came with an import. */
#ifndef LATCHKEY_CRYPTO_PASSWORD_HASH_H
#define LATCHKEY_CRYPTO_PASSWORD_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/view.h"

#define PASSWORD_HASH_SIZE 384       /* of a hash string with NUL */
#define PASSWORD_MAX_BYTES 1024      /* longer is refused before hashing */
#define PASSWORD_BCRYPT_MAX_BYTES 72 /* longer is refused, never cut (CHECKLIST P03, P04) */

struct password_memory; /* password_memory.h */

enum password_scheme { PASSWORD_ARGON2ID, PASSWORD_BCRYPT };

/* What new hashes are made with. */
struct password_params {
    enum password_scheme scheme;
    unsigned memory_kib; /* argon2id */
    unsigned passes;     /* argon2id */
    unsigned cost;       /* bcrypt, log2 rounds */
    /* What argon2 works in, verifying too; borrowed. NULL: mapped for each hash. */
    struct password_memory *memory;
};

enum password_verdict {
    PASSWORD_MATCH,
    PASSWORD_MATCH_OLD, /* right, but made with other parameters than today's: hash anew */
    PASSWORD_WRONG,
    PASSWORD_REFUSED /* the stored string is no hash we take, or asks for too much (CHECKLIST P14)
                      */
};

/* argon2id 19 MiB t=2 p=1 (OWASP), or bcrypt cost 12; no memory kept. */
struct password_params password_params_default(enum password_scheme scheme);
/* Why a password cannot be hashed with these parameters, or NULL: NUL byte, over
   PASSWORD_MAX_BYTES, over 72 bytes for bcrypt. */
const char *password_unfit(const struct password_params *params, struct view password);
/* Writes the hash string with its NUL. False when unfit or out of memory. */
MUST_CHECK bool password_hash_make(const struct password_params *params, struct view password,
                                   char out[PASSWORD_HASH_SIZE]);
/* Verifies argon2id, argon2i, $2a$, $2b$, $2y$, and pbkdf2, scrypt and firescrypt (password_kdf.h;
   never today's). The cost is that of the stored string, within the caps (argon2: m <= 1 GiB,
   t <= 10, p <= 16; bcrypt cost <= 15; pbkdf2 2,000,000 iterations; scrypt 64 MiB, p <= 16). */
MUST_CHECK enum password_verdict password_hash_verify(const struct password_params *today,
                                                      struct view hash, struct view password);
/* True for a string that password_hash_verify would take, without working on it. */
bool password_hash_is_taken(struct view hash);
/* Writes the form in which a hash of another program is stored: what password_hash_verify takes as
   it stands, Django's and better-auth's (password_kdf.h) rewritten. NULL when fine, else a sentence
   (CHECKLIST P14). Computes nothing. */
const char *password_hash_import(struct view foreign, char out[PASSWORD_HASH_SIZE]);
/* A hash string of the same kind and cost as the sample that no known password fits, to do equal
   work for unknown users (CHECKLIST E02): its salt and hash are random, so making it is fast. A
   sample that is empty or no hash we take: today's parameters. */
MUST_CHECK bool password_hash_decoy(const struct password_params *today, struct view sample,
                                    char out[PASSWORD_HASH_SIZE]);

#endif
