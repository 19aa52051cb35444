/* The claim rules: well-signed tokens that say the wrong thing. */
#include "unit.h"

#include "crypto/secret.h"
#include "forge.h"

/* One signed payload and what must be said to it. */
struct row {
    const char
        *claim; /* takes the place of the good claim of the same name; "name" alone takes it out */
    enum jwt_fault fault;
};

/* A complete claim set, each claim on its own so that a row can replace it. */
static const char *const good_claims[] = {
    "\"iss\":\"https://id.example\"", "\"sub\":\"s\"",      "\"aud\":\"latchkey\"",
    "\"client_id\":\"latchkey\"",     "\"jti\":\"j\"",      "\"sid\":\"i\"",
    "\"roles\":[\"user\"]",           "\"iat\":1700000000", "\"exp\":1700000001",
};

/* Up to and with the second quote: the name. */
static struct view name_of(const char *claim)
{
    struct view text = view_of(claim);

    return view_sub(text, 0, view_find(text, '"', 1) + 1);
}

/* The good claims with this one instead of, or beside, them. */
static struct view payload_with(struct arena *arena, const char *claim)
{
    bool is_name_only = name_of(claim).len == strlen(claim);
    struct view payload = VIEW("");

    for (size_t i = 0; i < ARRAY_LEN(good_claims); i++) {
        if (view_equal(name_of(good_claims[i]), name_of(claim)))
            continue;
        payload = arena_format(arena, "%.*s%s%s", VIEW_ARG(payload), payload.len > 0 ? "," : "",
                               good_claims[i]);
    }
    return arena_format(arena, "{%.*s%s%s}", VIEW_ARG(payload), is_name_only ? "" : ",",
                        is_name_only ? "" : claim);
}

static enum jwt_fault verdict(const struct keyring *ring, struct arena *arena, struct view payload)
{
    const struct signing_key *key = keyring_signer(ring);

    return forge_verdict(ring, forge_token(arena, key, forge_header(arena, key), payload));
}

static void check_rows(const struct row *rows, size_t count)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < count; i++) {
        enum jwt_fault fault = verdict(ring, &arena, payload_with(&arena, rows[i].claim));

        if (fault != rows[i].fault)
            fail_msg("%s: %s, expected %s", rows[i].claim, jwt_fault_name(fault),
                     jwt_fault_name(rows[i].fault));
    }
    keyring_free(ring);
    arena_clear(&arena);
}

/* FORGE_NOW_S is 1700000000, the leeway 30. */
static void test_t12_expiry(void **state)
{
    static const struct row rows[] = {
        {"\"exp\":1700000001", JWT_OK},
        {"\"exp\":1699999971", JWT_OK},
        {"\"exp\":1699999970", JWT_EXPIRED},
        {"\"exp\":0", JWT_EXPIRED},
        {"\"exp\":253402300799", JWT_OK},
        {"\"exp\":253402300800", JWT_BAD_CLAIMS},
        {"\"exp\"", JWT_BAD_CLAIMS},
        {"\"exp\":\"1700000001\"", JWT_BAD_CLAIMS},
        {"\"exp\":1700000001.0", JWT_BAD_CLAIMS},
        {"\"exp\":1700000001.5", JWT_BAD_CLAIMS},
        {"\"exp\":17e8", JWT_BAD_CLAIMS},
        {"\"exp\":-1", JWT_BAD_CLAIMS},
        {"\"exp\":1e300", JWT_BAD_CLAIMS},
        {"\"exp\":9223372036854775807", JWT_BAD_CLAIMS},
        {"\"exp\":9223372036854775808", JWT_MALFORMED},
        {"\"exp\":null", JWT_BAD_CLAIMS},
        {"\"exp\":true", JWT_BAD_CLAIMS},
        {"\"exp\":[1700000001]", JWT_BAD_CLAIMS},
    };

    check_rows(rows, ARRAY_LEN(rows));
}

static void test_t13_not_yet(void **state)
{
    static const struct row rows[] = {
        {"\"nbf\":1700000000", JWT_OK},
        {"\"nbf\":1700000030", JWT_OK},
        {"\"nbf\":1700000031", JWT_NOT_YET},
        {"\"nbf\":\"1\"", JWT_BAD_CLAIMS},
        {"\"nbf\":1.5", JWT_BAD_CLAIMS},
        {"\"nbf\":-1", JWT_BAD_CLAIMS},
        {"\"nbf\":null", JWT_BAD_CLAIMS},
        {"\"iat\":1700000030", JWT_OK},
        {"\"iat\":1700000031", JWT_NOT_YET},
        {"\"iat\":0", JWT_OK},
        {"\"iat\"", JWT_BAD_CLAIMS},
        {"\"iat\":1700000000.5", JWT_BAD_CLAIMS},
        {"\"iat\":\"1700000000\"", JWT_BAD_CLAIMS},
        {"\"iat\":-5", JWT_BAD_CLAIMS},
    };

    check_rows(rows, ARRAY_LEN(rows));
}

static void test_t14_audience(void **state)
{
    static const struct row rows[] = {
        {"\"aud\":\"latchkey\"", JWT_OK},
        {"\"aud\":[\"latchkey\"]", JWT_OK},
        {"\"aud\":[\"other\",\"latchkey\"]", JWT_OK},
        {"\"aud\":\"other\"", JWT_WRONG_AUDIENCE},
        {"\"aud\":\"Latchkey\"", JWT_WRONG_AUDIENCE},
        {"\"aud\":\"latchkey \"", JWT_WRONG_AUDIENCE},
        {"\"aud\":\"\"", JWT_WRONG_AUDIENCE},
        {"\"aud\":[]", JWT_WRONG_AUDIENCE},
        {"\"aud\":[\"other\"]", JWT_WRONG_AUDIENCE},
        {"\"aud\"", JWT_WRONG_AUDIENCE},
        {"\"aud\":[\"latchkey\",7]", JWT_BAD_CLAIMS},
        {"\"aud\":[[\"latchkey\"]]", JWT_BAD_CLAIMS},
        {"\"aud\":{\"latchkey\":true}", JWT_BAD_CLAIMS},
        {"\"aud\":null", JWT_BAD_CLAIMS},
    };

    check_rows(rows, ARRAY_LEN(rows));
}

static void test_t14_issuer(void **state)
{
    static const struct row rows[] = {
        {"\"iss\":\"https://id.example/\"", JWT_WRONG_ISSUER},
        {"\"iss\":\"https://ID.example\"", JWT_WRONG_ISSUER},
        {"\"iss\":\"https://id.exampl\"", JWT_WRONG_ISSUER},
        {"\"iss\":[\"https://id.example\"]", JWT_BAD_CLAIMS},
        {"\"iss\":\"\"", JWT_BAD_CLAIMS},
        {"\"iss\"", JWT_BAD_CLAIMS},
    };

    check_rows(rows, ARRAY_LEN(rows));
}

/* A ring of a configured secret expects no audience, and takes no token that was meant for someone.
 */
static void test_t14_no_audience_expected(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct jwt_expectation expectation = forge_expectation();
    struct jwt_claims claims = forge_claims();
    struct jwt_claims read;
    struct arena arena;

    arena_init(&arena, 0);
    expectation.audience = VIEW("");
    assert_int_equal(
        jwt_verify(ring, &expectation, jwt_encode(ring, &claims, &arena), &arena, &read),
        JWT_WRONG_AUDIENCE);
    claims.audience = VIEW("");
    assert_int_equal(
        jwt_verify(ring, &expectation, jwt_encode(ring, &claims, &arena), &arena, &read), JWT_OK);
    assert_true(view_is_empty(read.audience));
    assert_int_equal(forge_verdict(ring, jwt_encode(ring, &claims, &arena)), JWT_WRONG_AUDIENCE);
    keyring_free(ring);
    arena_clear(&arena);
}

static void test_required_texts(void **state)
{
    static const char *const names[] = {"sub", "jti", "sid", "client_id"};
    static const char *const values[] = {"\"\"", "7", "null", "[\"x\"]", "{}", "true"};
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct view name = arena_format(&arena, "\"%s\"", names[i]);

        assert_int_equal(verdict(ring, &arena, payload_with(&arena, name.at)), JWT_BAD_CLAIMS);
        for (size_t j = 0; j < ARRAY_LEN(values); j++) {
            struct view claim = arena_format(&arena, "\"%s\":%s", names[i], values[j]);

            assert_int_equal(verdict(ring, &arena, payload_with(&arena, claim.at)), JWT_BAD_CLAIMS);
        }
    }
    keyring_free(ring);
    arena_clear(&arena);
}

static void test_roles_and_number(void **state)
{
    static const struct row rows[] = {
        {"\"roles\":[]", JWT_OK},
        {"\"roles\":[\"a\",\"b\"]", JWT_OK},
        {"\"roles\"", JWT_BAD_CLAIMS},
        {"\"roles\":\"admin\"", JWT_BAD_CLAIMS},
        {"\"roles\":[\"\"]", JWT_BAD_CLAIMS},
        {"\"roles\":[7]", JWT_BAD_CLAIMS},
        {"\"roles\":[[\"admin\"]]", JWT_BAD_CLAIMS},
        {"\"roles\":{\"0\":\"admin\"}", JWT_BAD_CLAIMS},
        {"\"roles\":null", JWT_BAD_CLAIMS},
        {"\"user_id\":7", JWT_OK},
        {"\"user_id\":0", JWT_BAD_CLAIMS},
        {"\"user_id\":-7", JWT_BAD_CLAIMS},
        {"\"user_id\":\"7\"", JWT_BAD_CLAIMS},
        {"\"user_id\":7.0", JWT_BAD_CLAIMS},
        {"\"unknown\":{\"any\":[1,2]}", JWT_OK},
    };

    check_rows(rows, ARRAY_LEN(rows));
}

/* T16: the same name twice, also when both say the same. */
static void test_t16_duplicates(void **state)
{
    static const struct row rows[] = {
        {"\"x\":1,\"x\":1", JWT_MALFORMED},
        {"\"x\":1,\"exp\":1700000001", JWT_MALFORMED},
        {"\"x\":{\"roles\":1,\"roles\":2}", JWT_MALFORMED},
        {"\"x\":1,\"ro\\u006ces\":[\"admin\"]", JWT_MALFORMED},
    };

    check_rows(rows, ARRAY_LEN(rows));
}

/* T17: payloads that are no clean JSON object. */
static void test_t17_payloads(void **state)
{
    static const struct view payloads[] = {
        {"", 0},
        {"{", 1},
        {"[]", 2},
        {"null", 4},
        {"7", 1},
        {"{}\0", 3},
        {"{\"a\":1\0}", 8},
        {"{\"a\":\"\xff\"}", 9},
        {"{}{}", 4},
        {"{\"a\":01}", 8},
        {"{'a':1}", 7},
        {"{\"a\":1,}", 8},
        {"{\"a\":NaN}", 9},
        {"\xef\xbb\xbf{}", 5},
        {"{\"a\":\"\xed\xa0\x80\"}", 11},
    };
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++)
        assert_int_equal(verdict(ring, &arena, payloads[i]), JWT_MALFORMED);
    keyring_free(ring);
    arena_clear(&arena);
}

static void test_t17_depth(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct arena arena;

    arena_init(&arena, 0);
    for (int depth = 10; depth <= 2000; depth += depth < 20 ? 1 : 660) {
        char brackets[4096];
        struct view claim;

        memset(brackets, '[', (size_t)depth);
        memset(brackets + depth, ']', (size_t)depth);
        claim = arena_format(&arena, "\"x\":%.*s", 2 * depth, brackets);
        /* The object itself is one level of the 16. */
        assert_int_equal(verdict(ring, &arena, payload_with(&arena, claim.at)),
                         depth <= 15 ? JWT_OK : JWT_MALFORMED);
    }
    assert_int_equal(
        verdict(ring, &arena, payload_with(&arena, "\"x\":\"[[[[[[[[[[\\\"[[[[[[[[[[[[[[[[[[[[\"")),
        JWT_OK);
    keyring_free(ring);
    arena_clear(&arena);
}

static void test_a_fault_leaves_the_claims_alone(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct jwt_expectation expectation = forge_expectation();
    struct jwt_claims claims = forge_claims();
    struct jwt_claims before;
    struct jwt_claims read;
    struct arena arena;

    arena_init(&arena, 0);
    memset(&read, 0x5a, sizeof(read));
    before = read;
    expectation.now_s += 1830;
    assert_int_equal(
        jwt_verify(ring, &expectation, jwt_encode(ring, &claims, &arena), &arena, &read),
        JWT_EXPIRED);
    assert_memory_equal(&read, &before, sizeof(read));
    keyring_free(ring);
    arena_clear(&arena);
}

/* Text that JSON has to escape comes back as it was. */
static void test_escapes(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct jwt_expectation expectation = forge_expectation();
    struct jwt_claims claims = forge_claims();
    struct view role = VIEW("a\"b\\c\n\xc3\xa9\xe2\x80\xa8");
    struct jwt_claims read;
    struct arena arena;

    arena_init(&arena, 0);
    claims.roles = &role;
    claims.role_count = 1;
    assert_int_equal(
        jwt_verify(ring, &expectation, jwt_encode(ring, &claims, &arena), &arena, &read), JWT_OK);
    assert_int_equal(read.role_count, 1);
    assert_true(view_equal(read.roles[0], role));
    keyring_free(ring);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t12_expiry),
        cmocka_unit_test(test_t13_not_yet),
        cmocka_unit_test(test_t14_audience),
        cmocka_unit_test(test_t14_issuer),
        cmocka_unit_test(test_t14_no_audience_expected),
        cmocka_unit_test(test_required_texts),
        cmocka_unit_test(test_roles_and_number),
        cmocka_unit_test(test_t16_duplicates),
        cmocka_unit_test(test_t17_payloads),
        cmocka_unit_test(test_t17_depth),
        cmocka_unit_test(test_a_fault_leaves_the_claims_alone),
        cmocka_unit_test(test_escapes),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
