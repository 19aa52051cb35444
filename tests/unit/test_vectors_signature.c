/* Wycheproof at signing_key_verify and at the MAC. */
#include "unit.h"
#include "vectors.h"

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "crypto/signing_key.h"

/* Makes the key of a group; NULL when it is refused. */
typedef struct signing_key *key_maker(struct arena *arena, const json_t *group);

static struct signing_key *ec_key(struct arena *arena, const json_t *group)
{
    struct view point =
        vectors_unhex(arena, vectors_text(json_object_get(group, "publicKey"), "uncompressed"));

    assert_int_equal(point.len, 65);
    return signing_key_of_ec_point(view_sub(point, 1, 32), view_sub(point, 33, 32));
}

static struct signing_key *ed25519_key(struct arena *arena, const json_t *group)
{
    return signing_key_of_ed25519(
        vectors_unhex(arena, vectors_text(json_object_get(group, "publicKey"), "pk")));
}

static struct signing_key *rsa_key(struct arena *arena, const json_t *group)
{
    const json_t *key = json_object_get(group, "publicKey");

    return signing_key_of_rsa(vectors_unhex(arena, vectors_text(key, "modulus")),
                              vectors_unhex(arena, vectors_text(key, "publicExponent")));
}

static void check_test(struct arena *arena, const struct signing_key *key, const json_t *test)
{
    struct view message = vectors_unhex(arena, vectors_text(test, "msg"));
    struct view signature = vectors_unhex(arena, vectors_text(test, "sig"));
    bool good = key != NULL && signing_key_verify(key, message, signature);

    /* The third kind of result is "acceptable": valid only for lenient readers, so refused here. */
    if (good != view_is(vectors_text(test, "result"), "valid"))
        fail_msg("tcId %d: %s", (int)json_integer_value(json_object_get(test, "tcId")),
                 json_string_value(json_object_get(test, "comment")));
}

static void check_file(const char *name, key_maker *make_key, size_t expected)
{
    json_t *root = vectors_load(name);
    const json_t *groups = json_object_get(root, "testGroups");
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        const json_t *tests = json_object_get(group, "tests");
        struct arena arena;
        struct signing_key *key;

        arena_init(&arena, 0);
        key = make_key(&arena, group);
        for (size_t j = 0; j < json_array_size(tests); j++, count++)
            check_test(&arena, key, json_array_get(tests, j));
        signing_key_free(key);
        arena_clear(&arena);
    }
    json_decref(root);
    assert_int_equal(count, expected);
}

static void test_ecdsa_p256(void **state)
{
    check_file("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", ec_key, 262);
}

static void test_ed25519(void **state)
{
    check_file("wycheproof/ed25519_test.json", ed25519_key, 151);
}

static void test_rsa_2048(void **state)
{
    check_file("wycheproof/rsa_signature_2048_sha256_test.json", rsa_key, 259);
}

/* Compares as many bytes as the vector's tag holds. */
static void check_mac(struct arena *arena, const json_t *test)
{
    struct view tag = vectors_unhex(arena, vectors_text(test, "tag"));
    uint8_t mac[DIGEST_BYTES];
    bool good;

    digest_hmac_sha256(vectors_unhex(arena, vectors_text(test, "key")),
                       vectors_unhex(arena, vectors_text(test, "msg")), mac);
    assert_true(tag.len <= sizeof(mac));
    good = secret_equal(mac, tag.at, tag.len);
    assert_int_equal(good, view_is(vectors_text(test, "result"), "valid"));
}

static void test_hmac_sha256(void **state)
{
    json_t *root = vectors_load("wycheproof/hmac_sha256_test.json");
    const json_t *groups = json_object_get(root, "testGroups");
    size_t count = 0;
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *tests = json_object_get(json_array_get(groups, i), "tests");

        for (size_t j = 0; j < json_array_size(tests); j++, count++)
            check_mac(&arena, json_array_get(tests, j));
    }
    arena_clear(&arena);
    json_decref(root);
    assert_int_equal(count, 174);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdsa_p256),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_rsa_2048),
        cmocka_unit_test(test_hmac_sha256),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
