#include "crypto/password_kdf.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <sodium.h>

#include "crypto/secret.h"

#define ITERATIONS_MAX 2000000
#define LOG_N_MAX 20
#define BLOCK_MAX 1024
#define LANES_MAX 16
#define MEMORY_MAX_BYTES (UINT64_C(64) * 1024 * 1024)
/* Beside the big table: OpenSSL counts it too. */
#define MEMORY_SLACK_BYTES (UINT64_C(1024) * 1024)
#define HASH_MIN_BYTES 16
#define AES_KEY_BYTES 32
#define AES_BLOCK_BYTES 16
/* better-auth's scrypt. */
#define BETTER_AUTH_LOG_N 14
#define BETTER_AUTH_BLOCK 16
#define BETTER_AUTH_SALT_CHARS 32
#define BETTER_AUTH_KEY_CHARS ((size_t)128)
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define BASE64_SIZE sodium_base64_ENCODED_LEN(PASSWORD_KDF_PART_MAX_BYTES, BASE64)

static const struct {
    enum password_kdf_kind kind;
    const char *name;   /* in the stored form */
    const char *django; /* NULL: not of this shape there */
    const char *digest; /* of PBKDF2, as Werkzeug calls it; NULL: it is scrypt */
} kinds[] = {
    {PASSWORD_KDF_PBKDF2_SHA256, "pbkdf2-sha256", "pbkdf2_sha256", "sha256"},
    {PASSWORD_KDF_PBKDF2_SHA512, "pbkdf2-sha512", "pbkdf2_sha512", "sha512"},
    {PASSWORD_KDF_SCRYPT, "scrypt", NULL, NULL},
    {PASSWORD_KDF_FIRESCRYPT, "firescrypt", NULL, NULL},
};

/* --- reading ---------------------------------------------------------------------------------- */

static bool read_number(struct view text, int64_t max, unsigned *out)
{
    int64_t value;

    if (!view_to_int64(text, &value) || value < 1 || value > max) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

static bool read_base64(struct view text, size_t min, struct password_kdf_bytes *out)
{
    char plain[BASE64_SIZE];
    size_t len = text.len;

    while (len > 0 && text.at[len - 1] == '=' && text.len - len < 2) {
        len--;
    }
    if (len == 0 || len >= sizeof(plain)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        plain[i] = text.at[i] == '.' ? '+' : text.at[i];
    }
    return sodium_base642bin(out->bytes, sizeof(out->bytes), plain, len, NULL, &out->len, NULL,
                             BASE64) == 0 &&
           out->len >= min;
}

static bool take_base64(struct view *rest, size_t min, struct password_kdf_bytes *out)
{
    struct view part;

    return view_split(rest, '$', &part) && read_base64(part, min, out);
}

/* Takes "name=number" off *rest, up to the separator. */
static bool take_named(struct view *rest, struct view name, char separator, int64_t max,
                       unsigned *out)
{
    struct view part;

    return view_split(rest, separator, &part) && view_starts_with(part, name) &&
           read_number(view_sub(part, name.len, part.len), max, out);
}

static bool take_iterations(struct view *rest, struct password_kdf *out)
{
    struct view part;

    return view_split(rest, '$', &part) && read_number(part, ITERATIONS_MAX, &out->iterations);
}

static bool is_scrypt_within_caps(const struct password_kdf *kdf)
{
    return (UINT64_C(128) * kdf->block) << kdf->log_n <= MEMORY_MAX_BYTES;
}

static bool take_scrypt_cost(struct view *rest, struct password_kdf *out)
{
    return take_named(rest, VIEW("ln="), ',', LOG_N_MAX, &out->log_n) &&
           take_named(rest, VIEW("r="), ',', BLOCK_MAX, &out->block) &&
           take_named(rest, VIEW("p="), '$', LANES_MAX, &out->lanes) && is_scrypt_within_caps(out);
}

static bool take_parts(struct view *rest, struct password_kdf *out)
{
    if (!take_base64(rest, 1, &out->salt) || !take_base64(rest, HASH_MIN_BYTES, &out->hash)) {
        return false;
    }
    if (out->kind != PASSWORD_KDF_FIRESCRYPT) {
        return rest->at == NULL;
    }
    return take_base64(rest, 1, &out->separator) &&
           take_base64(rest, HASH_MIN_BYTES, &out->signer) && rest->at == NULL &&
           out->signer.len == out->hash.len;
}

bool password_kdf_parse(struct view hash, struct password_kdf *out)
{
    struct view rest = hash;
    struct view empty;
    struct view name;

    *out = (struct password_kdf){.kind = PASSWORD_KDF_SCRYPT};
    if (!view_split(&rest, '$', &empty) || !view_is_empty(empty) ||
        !view_split(&rest, '$', &name)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (view_is(name, kinds[i].name)) {
            out->kind = kinds[i].kind;
            return (kinds[i].digest != NULL ? take_iterations(&rest, out)
                                            : take_scrypt_cost(&rest, out)) &&
                   take_parts(&rest, out);
        }
    }
    return false;
}

/* --- reading the forms of others -------------------------------------------------------------- */

/* The salt is the text itself. */
static bool take_text_salt(struct view *rest, struct password_kdf *out)
{
    struct view part;

    if (!view_split(rest, '$', &part) || part.len == 0 || part.len > sizeof(out->salt.bytes)) {
        return false;
    }
    memcpy(out->salt.bytes, part.at, part.len);
    out->salt.len = part.len;
    return true;
}

static bool read_hex(struct view text, size_t min, struct password_kdf_bytes *out)
{
    return text.at != NULL &&
           sodium_hex2bin(out->bytes, sizeof(out->bytes), text.at, text.len, NULL, &out->len,
                          NULL) == 0 &&
           2 * out->len == text.len && out->len >= min;
}

/* N itself, a power of 2. */
static bool take_work_factor(struct view *rest, char separator, struct password_kdf *out)
{
    struct view part;
    unsigned n;

    if (!view_split(rest, separator, &part) || !read_number(part, INT64_C(1) << LOG_N_MAX, &n) ||
        n < 2 || (n & (n - 1)) != 0) {
        return false;
    }
    for (out->log_n = 0; n > 1; n /= 2) {
        out->log_n++;
    }
    return true;
}

/* Block size and lanes. */
static bool take_scrypt_rest(struct view *rest, char separator, struct password_kdf *out)
{
    return take_named(rest, VIEW(""), separator, BLOCK_MAX, &out->block) &&
           take_named(rest, VIEW(""), separator, LANES_MAX, &out->lanes) &&
           is_scrypt_within_caps(out);
}

/* scrypt$N$SALT$R$P$HASH, without the name. */
static bool parse_django_scrypt(struct view rest, struct password_kdf *out)
{
    *out = (struct password_kdf){.kind = PASSWORD_KDF_SCRYPT};
    return take_work_factor(&rest, '$', out) && take_text_salt(&rest, out) &&
           take_scrypt_rest(&rest, '$', out) && take_base64(&rest, HASH_MIN_BYTES, &out->hash) &&
           rest.at == NULL;
}

static bool parse_django(struct view hash, struct password_kdf *out)
{
    struct view rest = hash;
    struct view name;

    if (!view_split(&rest, '$', &name)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].django != NULL && view_is(name, kinds[i].django)) {
            *out = (struct password_kdf){.kind = kinds[i].kind};
            return take_iterations(&rest, out) && take_text_salt(&rest, out) &&
                   take_base64(&rest, HASH_MIN_BYTES, &out->hash) && rest.at == NULL;
        }
    }
    return view_is(name, "scrypt") && parse_django_scrypt(rest, out);
}

/* scrypt:N:R:P or pbkdf2:DIGEST:ITERATIONS. */
static bool read_werkzeug_method(struct view method, struct password_kdf *out)
{
    struct view name;
    struct view digest;

    *out = (struct password_kdf){.kind = PASSWORD_KDF_SCRYPT};
    if (!view_split(&method, ':', &name)) {
        return false;
    }
    if (view_is(name, "scrypt")) {
        return take_work_factor(&method, ':', out) && take_scrypt_rest(&method, ':', out) &&
               method.at == NULL;
    }
    if (!view_is(name, "pbkdf2") || !view_split(&method, ':', &digest)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].digest != NULL && view_is(digest, kinds[i].digest)) {
            out->kind = kinds[i].kind;
            return read_number(method, ITERATIONS_MAX, &out->iterations);
        }
    }
    return false;
}

static bool parse_werkzeug(struct view hash, struct password_kdf *out)
{
    struct view rest = hash;
    struct view method;

    return view_split(&rest, '$', &method) && read_werkzeug_method(method, out) &&
           take_text_salt(&rest, out) && read_hex(rest, HASH_MIN_BYTES, &out->hash);
}

/* The salt is the text of the hexadecimal number, not what it stands for. */
static bool parse_better_auth(struct view hash, struct password_kdf *out)
{
    struct view salt = view_sub(hash, 0, BETTER_AUTH_SALT_CHARS);
    struct view key = view_sub(hash, BETTER_AUTH_SALT_CHARS + 1, hash.len);
    struct password_kdf_bytes unused;

    if (hash.len != BETTER_AUTH_SALT_CHARS + 1 + BETTER_AUTH_KEY_CHARS ||
        hash.at[BETTER_AUTH_SALT_CHARS] != ':') {
        return false;
    }
    *out = (struct password_kdf){.kind = PASSWORD_KDF_SCRYPT,
                                 .log_n = BETTER_AUTH_LOG_N,
                                 .block = BETTER_AUTH_BLOCK,
                                 .lanes = 1,
                                 .salt.len = salt.len};
    memcpy(out->salt.bytes, salt.at, salt.len);
    return read_hex(salt, 1, &unused) && read_hex(key, BETTER_AUTH_KEY_CHARS / 2, &out->hash);
}

bool password_kdf_parse_foreign(struct view hash, struct password_kdf *out)
{
    return password_kdf_parse(hash, out) || parse_django(hash, out) || parse_werkzeug(hash, out) ||
           parse_better_auth(hash, out);
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool is_pbkdf2(const struct password_kdf *kdf)
{
    return kdf->kind == PASSWORD_KDF_PBKDF2_SHA256 || kdf->kind == PASSWORD_KDF_PBKDF2_SHA512;
}

static void write_part(struct builder *out, const struct password_kdf_bytes *part, char plus)
{
    char text[BASE64_SIZE];

    sodium_bin2base64(text, sizeof(text), part->bytes, part->len, BASE64);
    builder_char(out, '$');
    for (const char *c = text; *c != '\0'; c++) {
        builder_char(out, *c == '+' ? plus : *c);
    }
}

void password_kdf_write(const struct password_kdf *kdf, struct builder *out)
{
    char plus = is_pbkdf2(kdf) ? '.' : '+';

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].kind == kdf->kind) {
            builder_format(out, "$%s$", kinds[i].name);
        }
    }
    if (is_pbkdf2(kdf)) {
        builder_format(out, "%u", kdf->iterations);
    } else {
        builder_format(out, "ln=%u,r=%u,p=%u", kdf->log_n, kdf->block, kdf->lanes);
    }
    write_part(out, &kdf->salt, plus);
    write_part(out, &kdf->hash, plus);
    if (kdf->kind == PASSWORD_KDF_FIRESCRYPT) {
        write_part(out, &kdf->separator, plus);
        write_part(out, &kdf->signer, plus);
    }
}

void password_kdf_decoy(const struct password_kdf *kdf, struct builder *out)
{
    struct password_kdf decoy = *kdf;

    secret_random_bytes(decoy.salt.bytes, decoy.salt.len);
    secret_random_bytes(decoy.hash.bytes, decoy.hash.len);
    secret_random_bytes(decoy.signer.bytes, decoy.signer.len);
    password_kdf_write(&decoy, out);
}

/* --- computing -------------------------------------------------------------------------------- */

static bool compute_pbkdf2(const struct password_kdf *kdf, struct view password, uint8_t *out,
                           size_t len)
{
    const EVP_MD *digest = kdf->kind == PASSWORD_KDF_PBKDF2_SHA256 ? EVP_sha256() : EVP_sha512();

    return PKCS5_PBKDF2_HMAC(password.at, (int)password.len, kdf->salt.bytes, (int)kdf->salt.len,
                             (int)kdf->iterations, digest, (int)len, out) == 1;
}

/* The salt is followed by the separator, which only firescrypt has. */
static bool compute_scrypt(const struct password_kdf *kdf, struct view password, uint8_t *out,
                           size_t len)
{
    uint8_t salt[2 * PASSWORD_KDF_PART_MAX_BYTES];

    memcpy(salt, kdf->salt.bytes, kdf->salt.len);
    memcpy(salt + kdf->salt.len, kdf->separator.bytes, kdf->separator.len);
    return EVP_PBE_scrypt(password.at, password.len, salt, kdf->salt.len + kdf->separator.len,
                          UINT64_C(1) << kdf->log_n, kdf->block, kdf->lanes,
                          MEMORY_MAX_BYTES + MEMORY_SLACK_BYTES, out, len) == 1;
}

static void free_cipher(EVP_CIPHER_CTX **cipher)
{
    EVP_CIPHER_CTX_free(*cipher);
}

static bool encrypt_signer(const struct password_kdf *kdf, const uint8_t key[AES_KEY_BYTES],
                           uint8_t *out)
{
    const uint8_t counter[AES_BLOCK_BYTES] = {0};
    EVP_CIPHER_CTX *cipher CLEANUP(free_cipher) = EVP_CIPHER_CTX_new();
    int len;

    return cipher != NULL &&
           EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), NULL, key, counter) == 1 &&
           EVP_EncryptUpdate(cipher, out, &len, kdf->signer.bytes, (int)kdf->signer.len) == 1 &&
           (size_t)len == kdf->hash.len;
}

static bool compute_firescrypt(const struct password_kdf *kdf, struct view password, uint8_t *out)
{
    uint8_t key[AES_KEY_BYTES];
    bool ok = compute_scrypt(kdf, password, key, sizeof(key)) && encrypt_signer(kdf, key, out);

    secret_wipe_bytes(key, sizeof(key));
    return ok;
}

static bool compute(const struct password_kdf *kdf, struct view password, uint8_t *out)
{
    if (is_pbkdf2(kdf)) {
        return compute_pbkdf2(kdf, password, out, kdf->hash.len);
    }
    return kdf->kind == PASSWORD_KDF_FIRESCRYPT ? compute_firescrypt(kdf, password, out)
                                                : compute_scrypt(kdf, password, out, kdf->hash.len);
}

enum password_verdict password_kdf_verify(const struct password_kdf *kdf, struct view password)
{
    uint8_t made[PASSWORD_KDF_PART_MAX_BYTES];
    struct view text = {password.at != NULL ? password.at : "", password.len};
    enum password_verdict verdict;

    if (!compute(kdf, text, made)) {
        ERR_clear_error();
        return PASSWORD_REFUSED;
    }
    verdict = secret_equal(made, kdf->hash.bytes, kdf->hash.len) ? PASSWORD_MATCH : PASSWORD_WRONG;
    secret_wipe_bytes(made, sizeof(made));
    return verdict;
}
