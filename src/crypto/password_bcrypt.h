/* Inside crypto/ only: bcrypt hash strings ($2a$, $2b$, $2y$), by libxcrypt. */
#ifndef LATCHKEY_CRYPTO_PASSWORD_BCRYPT_H
#define LATCHKEY_CRYPTO_PASSWORD_BCRYPT_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"
#include "crypto/password_hash.h"

struct password_bcrypt {
    char variant; /* 'a', 'b' or 'y' */
    unsigned cost;
};

/* False for anything but a well-formed string within the cap. */
MUST_CHECK bool password_bcrypt_parse(struct view hash, struct password_bcrypt *out);
/* The password is fit: at most PASSWORD_BCRYPT_MAX_BYTES, no NUL. */
MUST_CHECK bool password_bcrypt_make(unsigned cost, struct view password,
                                     char out[PASSWORD_HASH_SIZE]);
/* The hash was parsed before. Works on what is before a NUL and the 72nd byte: the caller refuses
   what that cuts. */
MUST_CHECK enum password_verdict password_bcrypt_verify(struct view hash, struct view password);
/* Writes a string with these parameters and random salt and hash. */
void password_bcrypt_decoy(const struct password_bcrypt *params, struct builder *out);

#endif
