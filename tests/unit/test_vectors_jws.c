/* Wycheproof and the JOSE cookbook at jwt_verify_signature. */
#include "unit.h"
#include "vectors.h"

#include "crypto/secret.h"
#include "jwt/jwt.h"

/* Why the data is not followed to the letter: tests/vectors/INDEX.md. */
static const int left_out[] = {367, 370};
static const int refused_though_valid[] = {372, 373};

static bool is_one_of(const int *list, size_t count, int id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == id)
            return true;
    return false;
}

static bool is_for_signatures(const json_t *jwk)
{
    const json_t *operations = json_object_get(jwk, "key_ops");
    struct view use = vectors_text(jwk, "use");

    if (use.len > 0 && !view_is(use, "sig"))
        return false;
    for (size_t i = 0; i < json_array_size(operations); i++)
        if (strcmp(json_string_value(json_array_get(operations, i)), "verify") == 0)
            return true;
    return operations == NULL;
}

static struct view number(struct arena *arena, const json_t *jwk, const char *name)
{
    return vectors_unbase64(arena, vectors_text(jwk, name));
}

/* The key of a JWK for the algorithm it names, or else for that one; NULL when this server takes no
   such key. */
static struct signing_key *key_of(struct arena *arena, const json_t *jwk, struct view algorithm)
{
    struct view named = vectors_text(jwk, "alg");

    if (!is_for_signatures(jwk))
        return NULL;
    switch (signing_algorithm_of(named.len > 0 ? named : algorithm)) {
    case SIGNING_ES256:
        return signing_key_of_ec_point(number(arena, jwk, "x"), number(arena, jwk, "y"));
    case SIGNING_EDDSA:
        return signing_key_of_ed25519(number(arena, jwk, "x"));
    case SIGNING_RS256:
        return signing_key_of_rsa(number(arena, jwk, "n"), number(arena, jwk, "e"));
    case SIGNING_HS256:
        return signing_key_of_secret(number(arena, jwk, "k"));
    case SIGNING_NONE:
    default:
        return NULL;
    }
}

struct counts {
    size_t seen;
    size_t good;
    size_t good_without_key; /* valid, but of an algorithm that is not taken */
};

static void check_test(struct arena *arena, const struct signing_key *key, const json_t *test,
                       struct counts *counts)
{
    int id = (int)json_integer_value(json_object_get(test, "tcId"));
    bool expected = view_is(vectors_text(test, "result"), "valid");
    struct view payload;
    bool good;

    counts->seen++;
    if (is_one_of(left_out, ARRAY_LEN(left_out), id))
        return;
    if (expected && key == NULL)
        counts->good_without_key++;
    if (key == NULL || is_one_of(refused_though_valid, ARRAY_LEN(refused_though_valid), id))
        expected = false;
    good = key != NULL &&
           jwt_verify_signature(key, NULL, vectors_text(test, "jws"), arena, &payload) == JWT_OK;
    counts->good += good;
    if (good != expected)
        fail_msg("tcId %d: %s", id, json_string_value(json_object_get(test, "comment")));
}

static void test_wycheproof(void **state)
{
    json_t *root = vectors_load("wycheproof/json_web_signature_test.json");
    const json_t *groups = json_object_get(root, "testGroups");
    struct counts counts = {0};

    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        const json_t *public = json_object_get(group, "public");
        const json_t *tests = json_object_get(group, "tests");
        struct arena arena;
        struct signing_key *key;

        arena_init(&arena, 0);
        key = key_of(&arena, public != NULL ? public : json_object_get(group, "private"), VIEW(""));
        for (size_t j = 0; j < json_array_size(tests); j++)
            check_test(&arena, key, json_array_get(tests, j), &counts);
        signing_key_free(key);
        arena_clear(&arena);
    }
    json_decref(root);
    assert_int_equal(counts.seen, 401);
    /* 46 are marked valid: those verified, those not taken, and the two with a foreign character.
     */
    assert_int_equal(counts.good + counts.good_without_key + 2, 46);
    assert_int_equal(counts.good, 18);
}

/* The compact form of a cookbook example against its key: verified with the payload it names, or
   refused. */
static void check_example(const char *file, bool taken)
{
    json_t *root = vectors_load(file);
    const json_t *input = json_object_get(root, "input");
    struct view token = vectors_text(json_object_get(root, "output"), "compact");
    struct view payload = {NULL, 0};
    struct arena arena;
    struct signing_key *key;

    arena_init(&arena, 0);
    assert_true(token.len > 0);
    key = key_of(&arena, json_object_get(input, "key"), vectors_text(input, "alg"));
    assert_int_equal(key != NULL, taken);
    if (taken) {
        assert_int_equal(jwt_verify_signature(key, NULL, token, &arena, &payload), JWT_OK);
        assert_true(view_equal(payload, vectors_text(input, "payload")));
    }
    signing_key_free(key);
    arena_clear(&arena);
    json_decref(root);
}

static void test_cookbook_taken(void **state)
{
    check_example("jose-cookbook/jws/4_1.rsa_v15_signature.json", true);
    check_example("jose-cookbook/jws/4_4.hmac-sha2_integrity_protection.json", true);
    check_example("jose-cookbook/curve25519/jws.json", true);
}

static void test_cookbook_not_taken(void **state)
{
    check_example("jose-cookbook/jws/4_2.rsa-pss_signature.json", false);
    check_example("jose-cookbook/jws/4_3.ecdsa_signature.json", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wycheproof),
        cmocka_unit_test(test_cookbook_taken),
        cmocka_unit_test(test_cookbook_not_taken),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
