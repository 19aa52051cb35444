/* Inside crypto/ only: password hashes of other programs, verified so that their people can move
   here. We make none of these: a good log-in replaces them. The stored forms are
     $pbkdf2-sha256$ITERATIONS$SALT$HASH, $pbkdf2-sha512$… (passlib's; RFC 8018 section 5.2)
     $scrypt$ln=LN,r=R,p=P$SALT$HASH (passlib's; RFC 7914)
     $firescrypt$ln=LN,r=R,p=P$SALT$HASH$SEPARATOR$SIGNER (Firebase: scrypt gives an AES key, under
     which the project's signer key is encrypted)
   with unpadded base64; pbkdf2 writes '.' for '+'. Thread-safe. */
#ifndef LATCHKEY_CRYPTO_PASSWORD_KDF_H
#define LATCHKEY_CRYPTO_PASSWORD_KDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"
#include "crypto/password_hash.h"

#define PASSWORD_KDF_PART_MAX_BYTES 64

enum password_kdf_kind {
    PASSWORD_KDF_PBKDF2_SHA256,
    PASSWORD_KDF_PBKDF2_SHA512,
    PASSWORD_KDF_SCRYPT,
    PASSWORD_KDF_FIRESCRYPT
};

struct password_kdf_bytes {
    uint8_t bytes[PASSWORD_KDF_PART_MAX_BYTES];
    size_t len;
};

struct password_kdf {
    enum password_kdf_kind kind;
    unsigned iterations; /* pbkdf2 */
    unsigned log_n;      /* scrypt: N is 2 to the log_n */
    unsigned block;      /* scrypt: r */
    unsigned lanes;      /* scrypt: p */
    struct password_kdf_bytes salt;
    struct password_kdf_bytes hash;
    struct password_kdf_bytes separator; /* firescrypt */
    struct password_kdf_bytes signer;    /* firescrypt */
};

/* False for anything but a string of a stored form within the caps: 1 to 2,000,000 iterations;
   scrypt 64 MiB, p up to 16; parts up to 64 bytes, a hash of 16 at least. Also takes padding and
   '+' and '.' for each other. */
MUST_CHECK bool password_kdf_parse(struct view hash, struct password_kdf *out);
/* As parse, for the forms of other programs too, within the same caps: Django's
     pbkdf2_sha256$ITERATIONS$SALT$HASH, scrypt$N$SALT$R$P$HASH
   and Werkzeug's (Flask)
     pbkdf2:sha256:ITERATIONS$SALT$HASH, scrypt:N:R:P$SALT$HASH with HASH in hexadecimal,
   the salt as it stands in both; better-auth's SALT:HASH in hexadecimal (scrypt, N 16384, r 16,
   p 1). */
MUST_CHECK bool password_kdf_parse_foreign(struct view hash, struct password_kdf *out);
/* Writes the stored form. */
void password_kdf_write(const struct password_kdf *kdf, struct builder *out);
/* PASSWORD_REFUSED when there is not the memory it asks for. */
MUST_CHECK enum password_verdict password_kdf_verify(const struct password_kdf *kdf,
                                                     struct view password);
/* Writes a string of the same kind and cost with random salt and hash. */
void password_kdf_decoy(const struct password_kdf *kdf, struct builder *out);

#endif
