/* Every variant of argon2's inner loop that this CPU can run: against the vectors of RFC 9106, each
   other, and libsodium. */
#include "unit.h"
#include "vectors.h"

#include <sodium.h>

#include "argon2.h"
#include "fill.h"

#define TAG_BYTES 32
#define ROUNDS 100
#define KIB 1024

/* The library is linked without its own choice. */
static const struct argon2_fill *chosen;

void fill_segment(const argon2_instance_t *instance, argon2_position_t position)
{
    chosen->segment(instance, position);
}

struct input {
    struct view password;
    struct view salt;
    struct view secret;
    struct view data;
    uint32_t memory_kib;
    uint32_t passes;
    uint32_t lanes;
};

static uint8_t *bytes_of(struct view view)
{
    return (uint8_t *)(uintptr_t)view.at;
}

static void compute(const struct input *input, argon2_type type, uint8_t tag[TAG_BYTES])
{
    argon2_context context = {
        .out = tag,
        .outlen = TAG_BYTES,
        .pwd = bytes_of(input->password),
        .pwdlen = (uint32_t)input->password.len,
        .salt = bytes_of(input->salt),
        .saltlen = (uint32_t)input->salt.len,
        .secret = bytes_of(input->secret),
        .secretlen = (uint32_t)input->secret.len,
        .ad = bytes_of(input->data),
        .adlen = (uint32_t)input->data.len,
        .t_cost = input->passes,
        .m_cost = input->memory_kib,
        .lanes = input->lanes,
        .threads = 1,
        .version = ARGON2_VERSION_13,
    };

    assert_int_equal(argon2_ctx(&context, type), ARGON2_OK);
}

/* Fails unless all variants that run here give the tag. */
static void check_variants(const struct input *input, argon2_type type, const void *expected)
{
    uint8_t tag[TAG_BYTES];

    for (size_t i = 0; i < argon2_fill_count; i++) {
        chosen = &argon2_fills[i];
        if (!chosen->is_supported())
            continue;
        memset(tag, 0, sizeof(tag));
        compute(input, type, tag);
        if (memcmp(tag, expected, sizeof(tag)) != 0)
            fail_msg("%s, type %d: m=%u t=%u p=%u", chosen->name, (int)type, input->memory_kib,
                     input->passes, input->lanes);
    }
}

static void test_rfc9106(void **state)
{
    json_t *root = vectors_load("password-hash/argon2.json");
    const json_t *rows = json_object_get(root, "rfc9106");
    static const char *const names[] = {
        [Argon2_d] = "argon2d", [Argon2_i] = "argon2i", [Argon2_id] = "argon2id"};
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *row = json_object_get(rows, names[i]);
        struct view tag = vectors_unhex(&arena, vectors_text(row, "tag_hex"));
        struct input input = {
            .password = vectors_unhex(&arena, vectors_text(row, "password_hex")),
            .salt = vectors_unhex(&arena, vectors_text(row, "salt_hex")),
            .secret = vectors_unhex(&arena, vectors_text(row, "secret_hex")),
            .data = vectors_unhex(&arena, vectors_text(row, "ad_hex")),
            .memory_kib = 32,
            .passes = 3,
            .lanes = 4,
        };

        assert_int_equal(tag.len, TAG_BYTES);
        check_variants(&input, (argon2_type)i, tag.at);
    }
    arena_clear(&arena);
    json_decref(root);
}

/* The same in every run. */
static uint32_t random_below(uint32_t bound)
{
    static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % bound;
}

/* Lanes of 8 KiB at least; now and then a memory that is no whole number of segments. */
static struct input random_input(uint8_t password[KIB], uint8_t salt[crypto_pwhash_SALTBYTES],
                                 uint32_t lanes)
{
    for (size_t i = 0; i < KIB; i++)
        password[i] = (uint8_t)random_below(256);
    for (size_t i = 0; i < crypto_pwhash_SALTBYTES; i++)
        salt[i] = (uint8_t)random_below(256);
    return (struct input){
        .password = view_make(password, random_below(KIB + 1)),
        .salt = view_make(salt, crypto_pwhash_SALTBYTES),
        .memory_kib = 8 * lanes + random_below(600),
        .passes = 1 + random_below(4),
        .lanes = lanes,
    };
}

static void sodium(const struct input *input, int algorithm, uint8_t tag[TAG_BYTES])
{
    assert_int_equal(crypto_pwhash(tag, TAG_BYTES, input->password.at, input->password.len,
                                   bytes_of(input->salt), input->passes,
                                   (size_t)input->memory_kib * KIB, algorithm),
                     0);
}

static void test_one_lane_as_libsodium(void **state)
{
    uint8_t salt[crypto_pwhash_SALTBYTES];
    uint8_t password[KIB];
    uint8_t tag[TAG_BYTES];

    for (int i = 0; i < ROUNDS; i++) {
        struct input input = random_input(password, salt, 1);

        sodium(&input, crypto_pwhash_ALG_ARGON2ID13, tag);
        check_variants(&input, Argon2_id, tag);
        input.passes += 2; /* libsodium wants three of argon2i */
        sodium(&input, crypto_pwhash_ALG_ARGON2I13, tag);
        check_variants(&input, Argon2_i, tag);
    }
}

/* As much as log-in takes: addresses beyond what the small ones reach. */
static void test_today_s_memory_as_libsodium(void **state)
{
    uint8_t salt[crypto_pwhash_SALTBYTES];
    uint8_t password[KIB];
    uint8_t tag[TAG_BYTES];
    struct input input = random_input(password, salt, 1);

    input.memory_kib = 19 * KIB;
    input.passes = 2;
    sodium(&input, crypto_pwhash_ALG_ARGON2ID13, tag);
    check_variants(&input, Argon2_id, tag);
}

/* The last variant is plain C: with several lanes there is nothing else to compare with. */
static void test_lanes_as_plain_c(void **state)
{
    uint8_t salt[crypto_pwhash_SALTBYTES];
    uint8_t password[KIB];
    uint8_t tag[TAG_BYTES];

    for (int i = 0; i < ROUNDS; i++) {
        struct input input = random_input(password, salt, 2 + random_below(15));
        argon2_type type = i % 2 == 0 ? Argon2_id : Argon2_i;

        chosen = &argon2_fills[argon2_fill_count - 1];
        assert_string_equal(chosen->name, "ref");
        compute(&input, type, tag);
        check_variants(&input, type, tag);
    }
}

/* What log-in computes by; and says which variants the other tests have. */
static void test_the_first_that_runs_is_chosen(void **state)
{
    const struct argon2_fill *best = argon2_fill_best();

    assert_true(argon2_fills[argon2_fill_count - 1].is_supported());
    assert_true(best->is_supported());
    for (size_t i = 0; i < argon2_fill_count; i++) {
        bool is_supported = argon2_fills[i].is_supported();

        assert_true(!is_supported || best <= &argon2_fills[i]);
        print_message("# %s: %s\n", argon2_fills[i].name,
                      is_supported ? "tested" : "not on this CPU");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_runs_is_chosen),
        cmocka_unit_test(test_rfc9106),
        cmocka_unit_test(test_one_lane_as_libsodium),
        cmocka_unit_test(test_today_s_memory_as_libsodium),
        cmocka_unit_test(test_lanes_as_plain_c),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
