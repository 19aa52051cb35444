#include "unit.h"

#include <stdio.h>

#include "crypto/password_hash.h"
#include "crypto/secret.h"

/* Cheap enough for a test. */
static const struct password_params argon2id = {
    .scheme = PASSWORD_ARGON2ID, .memory_kib = 64, .passes = 2, .cost = 4};
static const struct password_params bcrypt = {
    .scheme = PASSWORD_BCRYPT, .memory_kib = 64, .passes = 2, .cost = 4};

static struct view make(const struct password_params *params, struct view password,
                        char out[PASSWORD_HASH_SIZE])
{
    assert_true(password_hash_make(params, password, out));
    return view_of(out);
}

static void test_defaults(void **state)
{
    struct password_params params = password_params_default(PASSWORD_ARGON2ID);

    assert_int_equal(params.scheme, PASSWORD_ARGON2ID);
    assert_int_equal(params.memory_kib, 19456);
    assert_int_equal(params.passes, 2);
    params = password_params_default(PASSWORD_BCRYPT);
    assert_int_equal(params.scheme, PASSWORD_BCRYPT);
    assert_int_equal(params.cost, 12);
}

static void test_makes_standard_strings(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    struct password_params params = password_params_default(PASSWORD_ARGON2ID);

    assert_true(view_starts_with(make(&params, VIEW("secret"), hash),
                                 VIEW("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_true(view_starts_with(make(&bcrypt, VIEW("secret"), hash), VIEW("$2b$04$")));
    assert_int_equal(strlen(hash), 60);
}

static void check_round(const struct password_params *params)
{
    char hash[PASSWORD_HASH_SIZE];
    char again[PASSWORD_HASH_SIZE];
    struct view stored = make(params, VIEW("correct horse"), hash);

    assert_int_equal(password_hash_verify(params, stored, VIEW("correct horse")), PASSWORD_MATCH);
    assert_int_equal(password_hash_verify(params, stored, VIEW("correct horsf")), PASSWORD_WRONG);
    assert_int_equal(password_hash_verify(params, stored, VIEW("")), PASSWORD_WRONG);
    assert_false(view_equal(stored, make(params, VIEW("correct horse"), again)));
}

static void test_verifies_its_own(void **state)
{
    check_round(&argon2id);
    check_round(&bcrypt);
}

/* P06: byte for byte, nothing trimmed or folded. */
static void test_p06_exact(void **state)
{
    static const char *const near[] = {"secret word", "Secret word ",  " Secret word",
                                       "SECRET WORD", "Secret word\n", "Secret  word"};
    const struct password_params *schemes[] = {&argon2id, &bcrypt};
    char hash[PASSWORD_HASH_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        struct view stored = make(schemes[i], VIEW("Secret word"), hash);

        for (size_t j = 0; j < ARRAY_LEN(near); j++)
            assert_int_equal(password_hash_verify(schemes[i], stored, view_of(near[j])),
                             PASSWORD_WRONG);
    }
}

/* P13: right, but due for a new hash. */
static void test_p13_other_parameters_are_old(void **state)
{
    struct password_params stronger = {
        .scheme = PASSWORD_ARGON2ID, .memory_kib = 128, .passes = 2, .cost = 5};
    char hash[PASSWORD_HASH_SIZE];
    struct view stored = make(&argon2id, VIEW("secret"), hash);

    assert_int_equal(password_hash_verify(&stronger, stored, VIEW("secret")), PASSWORD_MATCH_OLD);
    assert_int_equal(password_hash_verify(&bcrypt, stored, VIEW("secret")), PASSWORD_MATCH_OLD);
    assert_int_equal(password_hash_verify(&bcrypt, stored, VIEW("Secret")), PASSWORD_WRONG);
    stored = make(&bcrypt, VIEW("secret"), hash);
    stronger.scheme = PASSWORD_BCRYPT;
    assert_int_equal(password_hash_verify(&stronger, stored, VIEW("secret")), PASSWORD_MATCH_OLD);
    assert_int_equal(password_hash_verify(&argon2id, stored, VIEW("secret")), PASSWORD_MATCH_OLD);
    hash[2] = 'y'; /* computes the same, but is not what we write */
    assert_int_equal(password_hash_verify(&bcrypt, stored, VIEW("secret")), PASSWORD_MATCH_OLD);
}

/* P13: as argon2-cffi and passlib write them, with several lanes (tag by upstream's test.c). */
static void test_p13_lanes_are_old(void **state)
{
    const struct password_params same = {
        .scheme = PASSWORD_ARGON2ID, .memory_kib = 256, .passes = 2};
    const struct view lanes = VIEW("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$"
                                   "bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc");
    const struct view lane = VIEW("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"
                                  "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");

    assert_int_equal(password_hash_verify(&same, lanes, VIEW("password")), PASSWORD_MATCH_OLD);
    assert_int_equal(password_hash_verify(&same, lanes, VIEW("passwore")), PASSWORD_WRONG);
    assert_int_equal(password_hash_verify(&same, lane, VIEW("password")), PASSWORD_MATCH);
}

static void test_unfit(void **state)
{
    char longest[PASSWORD_MAX_BYTES + 1];
    char hash[PASSWORD_HASH_SIZE];

    memset(longest, 'a', sizeof(longest));
    assert_null(password_unfit(&argon2id, view_make(longest, PASSWORD_MAX_BYTES)));
    assert_non_null(password_unfit(&argon2id, view_make(longest, PASSWORD_MAX_BYTES + 1)));
    assert_null(password_unfit(&bcrypt, view_make(longest, 72)));
    assert_non_null(password_unfit(&bcrypt, view_make(longest, 73)));
    assert_non_null(password_unfit(&argon2id, VIEW("a\0b")));
    assert_non_null(password_unfit(&bcrypt, VIEW("a\0b")));
    assert_false(password_hash_make(&argon2id, VIEW("a\0b"), hash));
    assert_false(password_hash_make(&bcrypt, view_make(longest, 73), hash));
    assert_false(password_hash_make(&argon2id, view_make(longest, sizeof(longest)), hash));
}

/* P03: equal in the first 72 bytes is not equal. */
static void test_p03_nothing_is_cut(void **state)
{
    char longer[100];
    char hash[PASSWORD_HASH_SIZE];
    struct view stored;

    memset(longer, 'a', sizeof(longer));
    stored = make(&bcrypt, view_make(longer, 72), hash);
    assert_int_equal(password_hash_verify(&bcrypt, stored, view_make(longer, 72)), PASSWORD_MATCH);
    assert_int_equal(password_hash_verify(&bcrypt, stored, view_make(longer, 73)), PASSWORD_WRONG);
    assert_int_equal(password_hash_verify(&bcrypt, stored, view_make(longer, 71)), PASSWORD_WRONG);
    stored = make(&argon2id, view_make(longer, 100), hash);
    longer[99] = 'b';
    assert_int_equal(password_hash_verify(&argon2id, stored, view_make(longer, 100)),
                     PASSWORD_WRONG);
}

/* P04: the limit counts bytes. */
static void test_p04_bytes_not_characters(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    char emoji[76];

    for (size_t i = 0; i < sizeof(emoji); i += 4)
        memcpy(emoji + i, "\xf0\x9f\x98\x80", 4);
    assert_true(password_hash_make(&bcrypt, view_make(emoji, 72), hash));
    assert_false(password_hash_make(&bcrypt, view_make(emoji, 76), hash));
    assert_true(password_hash_make(&argon2id, view_make(emoji, 76), hash));
}

/* P05: what stands before a NUL never logs in for the whole, nor the whole for it. */
static void test_p05_nul(void **state)
{
    const struct password_params *schemes[] = {&argon2id, &bcrypt};
    char hash[PASSWORD_HASH_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        struct view stored = make(schemes[i], VIEW("prefix"), hash);

        assert_int_equal(password_hash_verify(schemes[i], stored, VIEW("prefix\0rest")),
                         PASSWORD_WRONG);
        assert_int_equal(password_hash_verify(schemes[i], stored, VIEW("prefix\0")),
                         PASSWORD_WRONG);
    }
}

#define SALT "c29tZXNhbHQ"
#define HASH "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
#define BCRYPT_REST "CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"

static const char *const taken[] = {
    "$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH,
    "$argon2i$v=19$m=8,t=1,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=1048576,t=10,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=128,t=2,p=16$" SALT "$" HASH,
    "$2a$04$" BCRYPT_REST,
    "$2b$15$" BCRYPT_REST,
    "$2y$10$" BCRYPT_REST,
};

/* P14: too much asked, or not exactly the form. */
static const char *const refused[] = {
    "",
    "$",
    "secret",
    "$argon2id$m=4194304,t=1000,p=64",
    "$argon2id$v=19$m=1048577,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=4194304,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=99999999999999999999,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=4294967552,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=7,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=11,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=0,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=-1,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=1048576,t=2,p=17$" SALT "$" HASH,
    "$argon2id$v=19$m=15,t=2,p=2$" SALT "$" HASH, /* 8 KiB a lane */
    "$argon2id$v=19$m=127,t=2,p=16$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=2,p=04$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=2,p=0$" SALT "$" HASH,
    "$argon2id$v=16$m=256,t=2,p=1$" SALT "$" HASH,
    "$argon2id$m=256,t=2,p=1$" SALT "$" HASH,
    "$argon2d$v=19$m=256,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=0256,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m= 256,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$t=2,m=256,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=2,p=1,data=AAAA$" SALT "$" HASH,
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhb$" HASH,
    "$argon2id$v=19$m=256,t=2,p=1$" SALT "=$" HASH,
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHR$" HASH, /* unused bits set */
    "$argon2id$v=19$m=256,t=2,p=1$" SALT "$nf65EOgLrQMR",
    "$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH "$",
    "$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH "\n",
    "$argon2id$v=19$m=256,t=2,p=1$" SALT,
    "$argon2id$v=19$m=256,t=2,p=1$" SALT "$",
    " $argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH,
    "$2x$05$" BCRYPT_REST,
    "$2$05$" BCRYPT_REST,
    "$2b$16$" BCRYPT_REST,
    "$2b$31$" BCRYPT_REST,
    "$2b$03$" BCRYPT_REST,
    "$2b$5$" BCRYPT_REST,
    "$2b$05$" BCRYPT_REST "x",
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWN",
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC:7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
    "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
    "*0",
};

static void test_p14_forms_and_caps(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        assert_true(password_hash_is_taken(view_of(taken[i])));
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        assert_false(password_hash_is_taken(view_of(refused[i])));
        assert_int_equal(password_hash_verify(&argon2id, view_of(refused[i]), VIEW("password")),
                         PASSWORD_REFUSED);
    }
    assert_false(password_hash_is_taken((struct view){NULL, 0}));
    assert_false(password_hash_is_taken(
        VIEW("$2b$05$CCCCCCCCCCCCCCCCCCCCC.\0uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")));
}

/* The longest string within the caps is read whole. */
static void test_longest_string(void **state)
{
    char hash[256];
    char part[87] = {0};

    memset(part, 'A', 86);
    snprintf(hash, sizeof(hash), "$argon2id$v=19$m=8,t=1,p=1$%s$%s", part, part);
    assert_int_equal(password_hash_verify(&argon2id, view_of(hash), VIEW("x")), PASSWORD_WRONG);
    snprintf(hash, sizeof(hash), "$argon2id$v=19$m=8,t=1,p=1$%sA$%s", part, part);
    assert_false(password_hash_is_taken(view_of(hash)));
}

static void check_decoy(const struct password_params *today, struct view sample, const char *prefix)
{
    char decoy[PASSWORD_HASH_SIZE];
    char other[PASSWORD_HASH_SIZE];

    assert_true(password_hash_decoy(today, sample, decoy));
    assert_true(password_hash_decoy(today, sample, other));
    assert_true(view_starts_with(view_of(decoy), view_of(prefix)));
    assert_true(password_hash_is_taken(view_of(decoy)));
    assert_string_not_equal(decoy, other);
    assert_int_equal(password_hash_verify(today, view_of(decoy), VIEW("password")), PASSWORD_WRONG);
}

/* E02: the same kind and cost as what is stored. */
static void test_e02_decoy(void **state)
{
    const struct view none = {NULL, 0};

    check_decoy(&argon2id, none, "$argon2id$v=19$m=64,t=2,p=1$");
    check_decoy(&bcrypt, none, "$2b$04$");
    check_decoy(&bcrypt, VIEW("no hash"), "$2b$04$");
    check_decoy(&argon2id, view_of(taken[0]), "$argon2id$v=19$m=256,t=2,p=1$");
    check_decoy(&argon2id, view_of(taken[1]), "$argon2i$v=19$m=8,t=1,p=1$");
    check_decoy(&argon2id, view_of(taken[3]), "$argon2id$v=19$m=128,t=2,p=16$");
    check_decoy(&argon2id, view_of(taken[4]), "$2a$04$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_makes_standard_strings),
        cmocka_unit_test(test_verifies_its_own),
        cmocka_unit_test(test_p06_exact),
        cmocka_unit_test(test_p13_other_parameters_are_old),
        cmocka_unit_test(test_p13_lanes_are_old),
        cmocka_unit_test(test_unfit),
        cmocka_unit_test(test_p03_nothing_is_cut),
        cmocka_unit_test(test_p04_bytes_not_characters),
        cmocka_unit_test(test_p05_nul),
        cmocka_unit_test(test_p14_forms_and_caps),
        cmocka_unit_test(test_longest_string),
        cmocka_unit_test(test_e02_decoy),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
