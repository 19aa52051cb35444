#include "crypto/password_argon2.h"

#include <argon2.h>
#include <sodium.h>

#include "crypto/password_memory.h"
#include "crypto/secret.h"

#define KIB 1024
#define MEMORY_MIN_KIB 8 /* a lane */
#define MEMORY_MAX_KIB (1024 * 1024)
#define PASSES_MAX 10
#define LANES_MAX 16
#define VERSION ARGON2_VERSION_13 /* the older one computes something else */
#define SALT_MIN_BYTES 8
#define SALT_BYTES 16 /* of what we write */
#define HASH_MIN_BYTES 16
#define HASH_BYTES 32 /* of what we write */
#define PART_MAX_BYTES PASSWORD_ARGON2_PART_MAX_BYTES
/* The longest string within the caps: some 40 characters and two parts of 86. */
#define STRING_SIZE 256
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING

_Static_assert(STRING_SIZE <= PASSWORD_HASH_SIZE, "what is taken can be stored");

/* The library's callbacks are not told for whom they are called: what it works in, while it does.
 */
static _Thread_local void *work_memory;

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
static bool take_bytes(struct view *rest, size_t min, struct password_argon2_bytes *out)
{
    struct view part;

    return view_split(rest, '$', &part) && part.len > 0 &&
           sodium_base642bin(out->bytes, sizeof(out->bytes), part.at, part.len, NULL, &out->len,
                             NULL, BASE64) == 0 &&
           out->len >= min;
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

    return hash.len < STRING_SIZE && take_kind(&rest, &out->is_id) &&
           take_number(&rest, VIEW("v="), '$', VERSION, VERSION, &version) &&
           take_number(&rest, VIEW("m="), ',', MEMORY_MIN_KIB, MEMORY_MAX_KIB, &out->memory_kib) &&
           take_number(&rest, VIEW("t="), ',', 1, PASSES_MAX, &out->passes) &&
           take_number(&rest, VIEW("p="), '$', 1, LANES_MAX, &out->lanes) &&
           out->memory_kib >= MEMORY_MIN_KIB * out->lanes &&
           take_bytes(&rest, SALT_MIN_BYTES, &out->salt) &&
           take_bytes(&rest, HASH_MIN_BYTES, &out->hash) && rest.at == NULL;
}

static int hand_memory(uint8_t **memory, size_t bytes)
{
    (void)bytes; /* at most what was taken: the library rounds down to whole segments */
    *memory = work_memory;
    return 0;
}

/* Nothing: it stays with the caller. The library has wiped it. */
static void leave_memory(uint8_t *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

/* What the library reads it does not write, without flags that tell it to wipe. */
static uint8_t *readable(const void *at)
{
    return (uint8_t *)(uintptr_t)at;
}

/* Computes hash.len bytes of stored's parameters and salt. False when there is not the memory. */
static bool compute(struct password_memory *memory, const struct password_argon2 *stored,
                    struct view password, uint8_t out[PART_MAX_BYTES])
{
    size_t bytes = (size_t)stored->memory_kib * KIB;
    argon2_context context = {
        .out = out,
        .outlen = (uint32_t)stored->hash.len,
        .pwd = readable(password.at),
        .pwdlen = (uint32_t)password.len,
        .salt = readable(stored->salt.bytes),
        .saltlen = (uint32_t)stored->salt.len,
        .t_cost = stored->passes,
        .m_cost = stored->memory_kib,
        .lanes = stored->lanes,
        .threads = 1,
        .version = VERSION,
        .allocate_cbk = hand_memory,
        .free_cbk = leave_memory,
    };
    int failed;

    work_memory = password_memory_take(memory, bytes);
    failed = argon2_ctx(&context, stored->is_id ? Argon2_id : Argon2_i);
    password_memory_give(memory, work_memory, bytes);
    work_memory = NULL;
    return failed == ARGON2_OK;
}

static void add_base64(struct builder *out, const struct password_argon2_bytes *part)
{
    char text[sodium_base64_ENCODED_LEN(PART_MAX_BYTES, BASE64)];

    sodium_bin2base64(text, sizeof(text), part->bytes, part->len, BASE64);
    builder_text(out, text);
}

static void write_string(const struct password_argon2 *stored, struct builder *out)
{
    builder_format(out, "$%s$v=%d$m=%u,t=%u,p=%u$", stored->is_id ? "argon2id" : "argon2i", VERSION,
                   stored->memory_kib, stored->passes, stored->lanes);
    add_base64(out, &stored->salt);
    builder_char(out, '$');
    add_base64(out, &stored->hash);
}

bool password_argon2_make(struct password_memory *memory, unsigned memory_kib, unsigned passes,
                          struct view password, char out[PASSWORD_HASH_SIZE])
{
    struct password_argon2 made = {.is_id = true,
                                   .memory_kib = memory_kib,
                                   .passes = passes,
                                   .lanes = PASSWORD_ARGON2_LANES,
                                   .salt.len = SALT_BYTES,
                                   .hash.len = HASH_BYTES};
    struct builder builder;
    struct view text;

    secret_random_bytes(made.salt.bytes, made.salt.len);
    if (!compute(memory, &made, password, made.hash.bytes)) {
        return false;
    }
    builder_init_fixed(&builder, out, PASSWORD_HASH_SIZE);
    write_string(&made, &builder);
    builder_char(&builder, '\0');
    secret_wipe_bytes(&made, sizeof(made));
    return builder_end(&builder, &text);
}

enum password_verdict password_argon2_verify(struct password_memory *memory,
                                             const struct password_argon2 *stored,
                                             struct view password)
{
    uint8_t made[PART_MAX_BYTES];
    enum password_verdict verdict = PASSWORD_REFUSED;

    if (compute(memory, stored, password, made)) {
        verdict = secret_equal(made, stored->hash.bytes, stored->hash.len) ? PASSWORD_MATCH
                                                                           : PASSWORD_WRONG;
    }
    secret_wipe_bytes(made, sizeof(made));
    return verdict;
}

void password_argon2_decoy(const struct password_argon2 *params, struct builder *out)
{
    struct password_argon2 decoy = *params;

    decoy.salt.len = SALT_BYTES;
    decoy.hash.len = HASH_BYTES;
    secret_random_bytes(decoy.salt.bytes, decoy.salt.len);
    secret_random_bytes(decoy.hash.bytes, decoy.hash.len);
    write_string(&decoy, out);
}
