#include "crypto/password_argon2.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/secret.h"

#define MEMORY_MIN_KIB 8
#define MEMORY_MAX_KIB (1024 * 1024)
#define PASSES_MAX 10
#define VERSION 19 /* 0x13; the older one computes something else */
#define LANES 1
#define SALT_MIN_BYTES 8
#define SALT_BYTES 16 /* of what we write */
#define HASH_MIN_BYTES 16
#define HASH_BYTES 32 /* of what we write */
#define PART_MAX_BYTES 64
/* The longest string within the caps: some 40 characters and two parts of 86. */
#define STRING_SIZE 256
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING

_Static_assert(crypto_pwhash_argon2id_STRBYTES <= PASSWORD_HASH_SIZE, "libsodium's strings fit");

/* Takes "name=number" off *rest, up to the separator; canonical decimal within min and max. */
static bool take_number(struct view *rest, struct view name, char separator, int64_t min,
                        int64_t max, unsigned *out)
{
    struct view part;
    int64_t value;

    if (!view_split(rest, separator, &part) || !view_starts_with(part, name) ||
        !view_to_int64(view_sub(part, name.len, part.len), &value) || value < min || value > max) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* Takes a part of unpadded base64 off *rest, strictly encoded, of min to PART_MAX_BYTES bytes. */
static bool take_bytes(struct view *rest, size_t min)
{
    uint8_t bytes[PART_MAX_BYTES];
    struct view part;
    size_t len;

    return view_split(rest, '$', &part) && part.len > 0 &&
           sodium_base642bin(bytes, sizeof(bytes), part.at, part.len, NULL, &len, NULL, BASE64) ==
               0 &&
           len >= min;
}

static bool take_kind(struct view *rest, bool *is_id)
{
    struct view empty;
    struct view kind;

    if (!view_split(rest, '$', &empty) || !view_is_empty(empty) || !view_split(rest, '$', &kind)) {
        return false;
    }
    *is_id = view_is(kind, "argon2id");
    return *is_id || view_is(kind, "argon2i");
}

bool password_argon2_parse(struct view hash, struct password_argon2 *out)
{
    struct view rest = hash;
    unsigned version;
    unsigned lanes;

    return hash.len < STRING_SIZE && take_kind(&rest, &out->is_id) &&
           take_number(&rest, VIEW("v="), '$', VERSION, VERSION, &version) &&
           take_number(&rest, VIEW("m="), ',', MEMORY_MIN_KIB, MEMORY_MAX_KIB, &out->memory_kib) &&
           take_number(&rest, VIEW("t="), ',', 1, PASSES_MAX, &out->passes) &&
           take_number(&rest, VIEW("p="), '$', LANES, LANES, &lanes) &&
           take_bytes(&rest, SALT_MIN_BYTES) && take_bytes(&rest, HASH_MIN_BYTES) &&
           rest.at == NULL;
}

bool password_argon2_make(unsigned memory_kib, unsigned passes, struct view password,
                          char out[PASSWORD_HASH_SIZE])
{
    return crypto_pwhash_argon2id_str(out, password.at != NULL ? password.at : "", password.len,
                                      passes, (size_t)memory_kib * 1024) == 0;
}

enum password_verdict password_argon2_verify(struct view hash, struct view password)
{
    char text[STRING_SIZE] = {0};
    const char *at = password.at != NULL ? password.at : "";
    int failed;

    memcpy(text, hash.at, hash.len < sizeof(text) ? hash.len : sizeof(text) - 1);
    errno = 0;
    if (view_starts_with(hash, VIEW("$argon2id$"))) {
        failed = crypto_pwhash_argon2id_str_verify(text, at, password.len);
    } else {
        failed = crypto_pwhash_argon2i_str_verify(text, at, password.len);
    }
    secret_wipe_bytes(text, sizeof(text));
    if (failed == 0) {
        return PASSWORD_MATCH;
    }
    return errno == ENOMEM ? PASSWORD_REFUSED : PASSWORD_WRONG;
}

static void add_random(struct builder *out, size_t len)
{
    uint8_t bytes[PART_MAX_BYTES];
    char text[sodium_base64_ENCODED_LEN(PART_MAX_BYTES, BASE64)];

    secret_random_bytes(bytes, len);
    sodium_bin2base64(text, sizeof(text), bytes, len, BASE64);
    builder_text(out, text);
}

void password_argon2_decoy(const struct password_argon2 *params, struct builder *out)
{
    builder_format(out, "$%s$v=19$m=%u,t=%u,p=%d$", params->is_id ? "argon2id" : "argon2i",
                   params->memory_kib, params->passes, LANES);
    add_random(out, SALT_BYTES);
    builder_char(out, '$');
    add_random(out, HASH_BYTES);
}
