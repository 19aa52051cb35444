#include "unit.h"

#include <pthread.h>

#include "base/base64url.h"
#include "crypto/secret.h"
#include "crypto/signing_key.h"

static const enum signing_algorithm all[] = {SIGNING_ES256, SIGNING_EDDSA, SIGNING_RS256,
                                             SIGNING_HS256};
static const size_t signature_lengths[] = {
    [SIGNING_ES256] = 64, [SIGNING_EDDSA] = 64, [SIGNING_RS256] = 256, [SIGNING_HS256] = 32};

struct signature {
    uint8_t bytes[SIGNING_MAX_BYTES];
    size_t len;
};

static struct signing_key *generate(enum signing_algorithm algorithm)
{
    struct signing_key *key = signing_key_generate(algorithm);

    assert_non_null(key);
    return key;
}

static struct view sign(const struct signing_key *key, struct view data, struct signature *out)
{
    assert_true(signing_key_sign(key, data, out->bytes, &out->len));
    return view_make(out->bytes, out->len);
}

static void test_names(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(signing_algorithm_of(view_of(signing_algorithm_name(all[i]))), all[i]);
    assert_null(signing_algorithm_name(SIGNING_NONE));
    assert_int_equal(signing_algorithm_of(VIEW("es256")), SIGNING_NONE);
    assert_int_equal(signing_algorithm_of(VIEW("ES2567")), SIGNING_NONE);
    assert_int_equal(signing_algorithm_of(VIEW("none")), SIGNING_NONE);
    assert_int_equal(signing_algorithm_of(VIEW("")), SIGNING_NONE);
    assert_null(signing_key_generate(SIGNING_NONE));
}

static void test_sign_and_verify(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key *key = generate(all[i]);
        struct signature made;
        struct view signature = sign(key, VIEW("data"), &made);

        assert_int_equal(signing_key_algorithm(key), all[i]);
        assert_int_equal(signature.len, signature_lengths[all[i]]);
        assert_true(signing_key_verify(key, VIEW("data"), signature));
        assert_false(signing_key_verify(key, VIEW("date"), signature));
        assert_false(signing_key_verify(key, VIEW("dat"), signature));
        signing_key_free(key);
    }
}

/* T08 below the token: every bit of every signature. */
static void test_every_flipped_bit_is_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key *key = generate(all[i]);
        struct signature made;
        struct view signature = sign(key, VIEW("data"), &made);

        for (size_t bit = 0; bit < 8 * made.len; bit++) {
            made.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(signing_key_verify(key, VIEW("data"), signature));
            made.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_true(signing_key_verify(key, VIEW("data"), signature));
        signing_key_free(key);
    }
}

static void test_other_lengths_are_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key *key = generate(all[i]);
        struct signature made = {0};

        sign(key, VIEW("data"), &made);
        for (size_t len = 0; len <= made.len + 2; len++)
            assert_int_equal(signing_key_verify(key, VIEW("data"), view_make(made.bytes, len)),
                             len == made.len);
        signing_key_free(key);
    }
}

/* Every kind of key against every kind of signature and another key of its own kind. */
static void test_matrix(void **state)
{
    struct signing_key *keys[2 * ARRAY_LEN(all)];

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        keys[i] = generate(all[i / 2]);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct signature made;
        struct view signature = sign(keys[i], VIEW("data"), &made);

        for (size_t j = 0; j < ARRAY_LEN(keys); j++)
            assert_int_equal(signing_key_verify(keys[j], VIEW("data"), signature), i == j);
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        signing_key_free(keys[i]);
}

static void test_export_and_import(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key *key = generate(all[i]);
        struct signing_key *copy;
        struct signature made;
        struct arena arena;
        struct view exported;

        arena_init(&arena, 0);
        exported = signing_key_export(key, &arena);
        assert_non_null(exported.at);
        copy = signing_key_import(all[i], exported);
        assert_non_null(copy);
        assert_true(view_equal(signing_key_id(key), signing_key_id(copy)));
        assert_true(signing_key_verify(key, VIEW("data"), sign(copy, VIEW("data"), &made)));
        assert_true(signing_key_verify(copy, VIEW("data"), sign(key, VIEW("data"), &made)));
        signing_key_free(copy);
        signing_key_free(key);
        arena_clear(&arena);
    }
}

static void test_export_needs_memory(void **state)
{
    struct signing_key *key = generate(SIGNING_ES256);
    struct arena arena;

    arena_init(&arena, 64);
    assert_null(signing_key_export(key, &arena).at);
    arena_clear(&arena);
    signing_key_free(key);
}

/* A stored key of one kind is no key of another, and half a key is none. */
static void test_import_refuses(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key *key = generate(all[i]);
        struct arena arena;
        struct view der;

        arena_init(&arena, 0);
        der = signing_key_export(key, &arena);
        assert_non_null(der.at);
        for (size_t j = 0; j < ARRAY_LEN(all); j++)
            if (j != i && all[j] != SIGNING_HS256)
                assert_null(signing_key_import(all[j], der));
        if (all[i] != SIGNING_HS256)
            for (size_t len = 0; len < der.len; len++)
                assert_null(signing_key_import(all[i], view_sub(der, 0, len)));
        assert_null(signing_key_import(SIGNING_NONE, der));
        signing_key_free(key);
        arena_clear(&arena);
    }
}

static struct view from_base64url(struct arena *arena, const char *text)
{
    char *bytes = arena_take(arena, strlen(text) + 1);
    size_t len;

    assert_non_null(bytes);
    assert_true(base64url_decode(view_of(text), bytes, &len));
    return view_make(bytes, len);
}

/* PKCS #8 of keys that are too weak or of the wrong kind, made with `openssl genpkey -outform DER`.
 */
static const char p384[] =
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCSgxfds7PloGHCiEIY3s17AcogtsJt99rJAI9gfVC7YycD"
    "qC4QmxGTfOmZJwux3M6hZANiAARQT2gblHU3cvaYaHCMtFpgFWgCbLXojeEGAOMg2qOnBU0XTWAggwpPt6oN47gNVf2K"
    "ECxc1cM6FusMjdSTN_dhZ2d84a866n7zzVv0KVnCstXUZg6GDxdblgVVtne4aP4";
static const char rsa_1024[] =
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAK4K9IO4jiP0ESd-9PVpQzEY5BUJKrkL1qDbiVMd44be"
    "unCB0DdA1Sr_MLcUn5ECzRIrWDLqzrA5QX7JkuNVXaivzrhAzTGoGImFDUdFwO4arPsCoOpROohpt3Ftzi7Ohyr3D4jY"
    "XohdDmz2NdOXPJaDqSkzOtbn2VoYl26lcL21AgMBAAECgYBP82Rj5jIVvhbrR90Lp7FgKokMSMvBefi8qF0rO328BTEs"
    "YdXeq__A4r3kPKsYmGrQP-0iZs9QEN1PexXpLNv60VU_cnogzJ07zappLkeb-6XhchjQWPuYYfuCuR2bWMyAiPvZIVhw"
    "McdkVpa10c1CEfo9UA428bkD3-cZI-mgQQJBAOQLJWj8EtdDJ6bRS9cDdaVLMnlMkQSZAv2ireNDZptIVUr3s_5iR35F"
    "UU5X-MwlkzVxcrHWDb33PSiLgqBAvFkCQQDDYRCb6ARzAgm7fPCpWuXvqRDMLh1AN3Tg3b3Wsdv1V8FEyrkAaCn-m8Ag"
    "YiDbJuXst17MzgxKAk9WXes2XTC9AkEAjjHJDPKJSQLN2b4N_S9iD0SZX3t3vZcvfzoOFXS0qUTsMkfMS2W60KimbyR5"
    "tcoERcHM08j2XqqozvxW4lgbWQJBALP46ITEv7x1ByQGneVSzvXp5Yg_fkBWFTrB54oqAfTI5kYI-0ttqClZrSvnWF6n"
    "QSrBavj7YISYBh8HmpBUXX0CQQCL_ju3t4XLd3-lAio_rkMhgGbm4Jy0pLvH4L_iVfkxw89rqjs80OlH1rj8qqJ-q0DJ"
    "WY8bolCnGYz55D8s_H88";

static void test_import_refuses_weak_keys(void **state)
{
    struct arena arena;

    arena_init(&arena, 0);
    assert_null(signing_key_import(SIGNING_ES256, from_base64url(&arena, p384)));
    assert_null(signing_key_import(SIGNING_RS256, from_base64url(&arena, rsa_1024)));
    arena_clear(&arena);
}

static void test_import_refuses_what_follows(void **state)
{
    for (size_t i = 0; all[i] != SIGNING_HS256; i++) {
        struct signing_key *key = generate(all[i]);
        struct arena arena;
        struct view der;
        char *longer;

        arena_init(&arena, 0);
        der = signing_key_export(key, &arena);
        longer = arena_take(&arena, der.len + 1);
        assert_non_null(longer);
        memcpy(longer, der.at, der.len);
        assert_null(signing_key_import(all[i], view_make(longer, der.len + 1)));
        signing_key_free(key);
        arena_clear(&arena);
    }
}

/* The private number of one key with the public point of another, which PKCS #8 holds at its end.
 */
static void test_import_refuses_halves_of_two_keys(void **state)
{
    struct signing_key *a = generate(SIGNING_ES256);
    struct signing_key *b = generate(SIGNING_ES256);
    char mixed[256];
    struct arena arena;
    struct view first;
    struct view second;

    arena_init(&arena, 0);
    first = signing_key_export(a, &arena);
    second = signing_key_export(b, &arena);
    assert_int_equal(first.len, second.len);
    memcpy(mixed, first.at, first.len);
    memcpy(mixed + first.len - 64, second.at + second.len - 64, 64);
    assert_null(signing_key_import(SIGNING_ES256, view_make(mixed, first.len)));
    signing_key_free(a);
    signing_key_free(b);
    arena_clear(&arena);
}

static void test_secrets_need_their_length(void **state)
{
    const struct view secret = VIEW("0123456789abcdef0123456789abcdef");
    struct signing_key *key;

    for (size_t len = 0; len < SIGNING_SECRET_MIN_BYTES; len++)
        assert_null(signing_key_of_secret(view_sub(secret, 0, len)));
    key = signing_key_of_secret(secret);
    assert_non_null(key);
    signing_key_free(key);
}

static void assert_member(const struct signing_key_member *member, const char *name,
                          const char *value)
{
    assert_string_equal(member->name, name);
    assert_true(view_is(member->value, value));
}

static const char rsa_n[] =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
    "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
    "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
    "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

/* RFC 7638 section 3.1. */
static void test_rsa_thumbprint(void **state)
{
    struct signing_key_member members[4];
    struct arena arena;
    struct signing_key *key;

    arena_init(&arena, 0);
    key = signing_key_of_rsa(from_base64url(&arena, rsa_n), from_base64url(&arena, "AQAB"));
    assert_non_null(key);
    assert_view(signing_key_id(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_int_equal(signing_key_members(key, members), 3);
    assert_member(&members[0], "e", "AQAB");
    assert_member(&members[1], "kty", "RSA");
    assert_member(&members[2], "n", rsa_n);
    signing_key_free(key);
    arena_clear(&arena);
}

/* RFC 8037 appendix A.3. */
static void test_ed25519_thumbprint(void **state)
{
    const char *x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    struct signing_key_member members[4];
    struct arena arena;
    struct signing_key *key;

    arena_init(&arena, 0);
    key = signing_key_of_ed25519(from_base64url(&arena, x));
    assert_non_null(key);
    assert_view(signing_key_id(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_int_equal(signing_key_members(key, members), 3);
    assert_member(&members[0], "crv", "Ed25519");
    assert_member(&members[1], "kty", "OKP");
    assert_member(&members[2], "x", x);
    signing_key_free(key);
    arena_clear(&arena);
}

/* The key of RFC 7515 appendix A.3. */
static void test_ec_members(void **state)
{
    const char *x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const char *y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    struct signing_key_member members[4];
    struct arena arena;
    struct signing_key *key;

    arena_init(&arena, 0);
    key = signing_key_of_ec_point(from_base64url(&arena, x), from_base64url(&arena, y));
    assert_non_null(key);
    assert_int_equal(signing_key_id(key).len, 43);
    assert_int_equal(signing_key_members(key, members), 4);
    assert_member(&members[0], "crv", "P-256");
    assert_member(&members[1], "kty", "EC");
    assert_member(&members[2], "x", x);
    assert_member(&members[3], "y", y);
    assert_null(signing_key_of_ec_point(from_base64url(&arena, y), from_base64url(&arena, x)));
    assert_null(signing_key_of_ec_point(from_base64url(&arena, x), VIEW("short")));
    signing_key_free(key);
    arena_clear(&arena);
}

static void test_rsa_numbers_are_checked(void **state)
{
    static const char *const exponents[] = {"AA", "AQ", "Ag", "AQAA"}; /* 0, 1, 2, 65536 */
    struct arena arena;
    struct view n;

    arena_init(&arena, 0);
    n = from_base64url(&arena, rsa_n);
    for (size_t i = 0; i < ARRAY_LEN(exponents); i++)
        assert_null(signing_key_of_rsa(n, from_base64url(&arena, exponents[i])));
    assert_null(signing_key_of_rsa(view_sub(n, 0, n.len - 1), from_base64url(&arena, "AQAB")));
    assert_null(signing_key_of_rsa(VIEW(""), VIEW("")));
    arena_clear(&arena);
}

static void test_public_keys_do_not_sign(void **state)
{
    struct signature made;
    struct arena arena;
    struct signing_key *key;

    arena_init(&arena, 0);
    key = signing_key_of_rsa(from_base64url(&arena, rsa_n), from_base64url(&arena, "AQAB"));
    assert_non_null(key);
    assert_false(signing_key_sign(key, VIEW("data"), made.bytes, &made.len));
    assert_null(signing_key_export(key, &arena).at);
    signing_key_free(key);
    key = signing_key_of_ed25519(
        from_base64url(&arena, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
    assert_non_null(key);
    assert_false(signing_key_sign(key, VIEW("data"), made.bytes, &made.len));
    assert_null(signing_key_export(key, &arena).at);
    signing_key_free(key);
    arena_clear(&arena);
}

static void test_secret_shows_nothing(void **state)
{
    struct signing_key_member members[4];
    struct signing_key *key = signing_key_of_secret(VIEW("0123456789abcdef0123456789abcdef"));
    struct signing_key *other = signing_key_of_secret(VIEW("0123456789abcdef0123456789abcdeg"));

    assert_int_equal(signing_key_members(key, members), 0);
    assert_int_equal(signing_key_id(key).len, 22);
    assert_false(view_equal(signing_key_id(key), signing_key_id(other)));
    signing_key_free(key);
    signing_key_free(other);
    signing_key_free(NULL);
}

/* T11: r or s of 0, n, and beyond; n is the order of P-256. */
static void test_ecdsa_numbers_out_of_range(void **state)
{
    static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    struct signing_key *key = generate(SIGNING_ES256);
    struct signature made;
    struct view signature = sign(key, VIEW("data"), &made);

    for (size_t half = 0; half < 2; half++) {
        sign(key, VIEW("data"), &made);
        memset(made.bytes + 32 * half, 0, 32);
        assert_false(signing_key_verify(key, VIEW("data"), signature));
        memcpy(made.bytes + 32 * half, n, 32);
        assert_false(signing_key_verify(key, VIEW("data"), signature));
        memset(made.bytes + 32 * half, 0xff, 32);
        assert_false(signing_key_verify(key, VIEW("data"), signature));
    }
    signing_key_free(key);
}

#define THREADS 4
#define ROUNDS 200

static void *sign_and_verify(void *shared)
{
    const struct signing_key *key = shared;
    size_t good = 0;

    for (size_t i = 0; i < ROUNDS; i++) {
        struct signature made;

        good += signing_key_sign(key, VIEW("data"), made.bytes, &made.len) &&
                signing_key_verify(key, VIEW("data"), view_make(made.bytes, made.len)) &&
                !signing_key_verify(key, VIEW("date"), view_make(made.bytes, made.len));
    }
    return good == ROUNDS ? shared : NULL;
}

static void test_threads_share_a_key(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct signing_key *key = generate(all[i]);
        pthread_t threads[THREADS];

        for (size_t j = 0; j < THREADS; j++)
            assert_int_equal(pthread_create(&threads[j], NULL, sign_and_verify, key), 0);
        for (size_t j = 0; j < THREADS; j++) {
            void *result;

            assert_int_equal(pthread_join(threads[j], &result), 0);
            assert_ptr_equal(result, key);
        }
        signing_key_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sign_and_verify),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_other_lengths_are_refused),
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_export_and_import),
        cmocka_unit_test(test_export_needs_memory),
        cmocka_unit_test(test_import_refuses),
        cmocka_unit_test(test_import_refuses_weak_keys),
        cmocka_unit_test(test_import_refuses_what_follows),
        cmocka_unit_test(test_import_refuses_halves_of_two_keys),
        cmocka_unit_test(test_secrets_need_their_length),
        cmocka_unit_test(test_rsa_thumbprint),
        cmocka_unit_test(test_ed25519_thumbprint),
        cmocka_unit_test(test_ec_members),
        cmocka_unit_test(test_rsa_numbers_are_checked),
        cmocka_unit_test(test_public_keys_do_not_sign),
        cmocka_unit_test(test_secret_shows_nothing),
        cmocka_unit_test(test_ecdsa_numbers_out_of_range),
        cmocka_unit_test(test_threads_share_a_key),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
