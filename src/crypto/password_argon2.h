/* Inside crypto/ only: argon2 hash strings ($argon2id$v=19$m=…,t=…,p=…$salt$hash; RFC 9106). */
#ifndef LATCHKEY_CRYPTO_PASSWORD_ARGON2_H
#define LATCHKEY_CRYPTO_PASSWORD_ARGON2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"
#include "crypto/password_hash.h"

#define PASSWORD_ARGON2_PART_MAX_BYTES 64
#define PASSWORD_ARGON2_LANES 1 /* of what we write */

struct password_argon2_bytes {
    uint8_t bytes[PASSWORD_ARGON2_PART_MAX_BYTES];
    size_t len;
};

struct password_argon2 {
    bool is_id; /* argon2id, else argon2i */
    unsigned memory_kib;
    unsigned passes;
    unsigned lanes; /* computed one after the other */
    struct password_argon2_bytes salt;
    struct password_argon2_bytes hash;
};

/* False for anything but a canonical string within the caps: 1 GiB, 10 passes, 16 lanes of 8 KiB at
   least; a salt of 8 to 64 bytes, a hash of 16 to 64. */
MUST_CHECK bool password_argon2_parse(struct view hash, struct password_argon2 *out);
/* memory as in password_params. False when there is not the memory. */
MUST_CHECK bool password_argon2_make(struct password_memory *memory, unsigned memory_kib,
                                     unsigned passes, struct view password,
                                     char out[PASSWORD_HASH_SIZE]);
/* PASSWORD_REFUSED when there is not the memory it asks for. */
MUST_CHECK enum password_verdict password_argon2_verify(struct password_memory *memory,
                                                        const struct password_argon2 *stored,
                                                        struct view password);
/* Writes a string with the same parameters and random salt and hash. */
void password_argon2_decoy(const struct password_argon2 *params, struct builder *out);

#endif
