/* Inside crypto/ only: argon2 hash strings ($argon2id$v=19$m=…,t=…,p=1$salt$hash; RFC 9106). */
#ifndef LATCHKEY_CRYPTO_PASSWORD_ARGON2_H
#define LATCHKEY_CRYPTO_PASSWORD_ARGON2_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"
#include "crypto/password_hash.h"

struct password_argon2 {
    bool is_id; /* argon2id, else argon2i */
    unsigned memory_kib;
    unsigned passes;
};

/* False for anything but a canonical string within the caps. */
MUST_CHECK bool password_argon2_parse(struct view hash, struct password_argon2 *out);
MUST_CHECK bool password_argon2_make(unsigned memory_kib, unsigned passes, struct view password,
                                     char out[PASSWORD_HASH_SIZE]);
/* The hash was parsed before. PASSWORD_REFUSED when there is not the memory it asks for. */
MUST_CHECK enum password_verdict password_argon2_verify(struct view hash, struct view password);
/* Writes a string with these parameters and random salt and hash. */
void password_argon2_decoy(const struct password_argon2 *params, struct builder *out);

#endif
