#include "unit.h"

#include "crypto/secret.h"
#include "forge.h"
#include "jwt/jwks.h"

static struct view write_set(const struct keyring *ring, struct arena *arena)
{
    struct view set = jwks_write(ring, arena);

    assert_non_null(set.at);
    return set;
}

static bool holds(struct view text, const char *part)
{
    for (size_t i = 0; i < text.len; i++)
        if (view_starts_with(view_sub(text, i, text.len), view_of(part)))
            return true;
    return false;
}

/* T23: secrets are left out. */
static void test_t23_no_secret(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_HS256);
    struct arena arena;

    arena_init(&arena, 0);
    assert_view(write_set(ring, &arena), "{\"keys\":[]}");
    keyring_free(ring);
    arena_clear(&arena);
}

/* T23: exactly these members, so no private one. */
static void test_t23_ec(void **state)
{
    struct signing_key_member members[4];
    struct keyring *ring = forge_ring(SIGNING_ES256);
    const struct signing_key *key = keyring_signer(ring);
    struct view id = signing_key_id(key);
    struct arena arena;
    struct view expected;

    arena_init(&arena, 0);
    assert_int_equal(signing_key_members(key, members), 4);
    expected = arena_format(&arena,
                            "{\"keys\":[{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%.*s\","
                            "\"y\":\"%.*s\",\"kid\":\"%.*s\",\"alg\":\"ES256\",\"use\":\"sig\"}]}",
                            VIEW_ARG(members[2].value), VIEW_ARG(members[3].value), VIEW_ARG(id));
    assert_true(view_equal(write_set(ring, &arena), expected));
    keyring_free(ring);
    arena_clear(&arena);
}

/* T23: every key pair of a ring, none of its secrets. */
static void test_t23_all_kinds(void **state)
{
    static const enum signing_algorithm all[] = {SIGNING_HS256, SIGNING_RS256, SIGNING_EDDSA,
                                                 SIGNING_ES256};
    static const char *const private_members[] = {
        "\"d\":", "\"p\":", "\"q\":", "\"dp\":", "\"dq\":", "\"qi\":", "\"k\":", "oct"};
    struct keyring *ring = keyring_new();
    struct arena arena;
    struct view set;

    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_true(keyring_take(ring, signing_key_generate(all[i]), true));
    set = write_set(ring, &arena);
    for (size_t i = 0; i < ARRAY_LEN(private_members); i++)
        assert_false(holds(set, private_members[i]));
    assert_false(holds(set, "HS256"));
    for (size_t i = 1; i < ARRAY_LEN(all); i++)
        assert_true(holds(set, signing_algorithm_name(all[i])));
    keyring_free(ring);
    arena_clear(&arena);
}

static void test_little_memory(void **state)
{
    struct keyring *ring = forge_ring(SIGNING_ES256);
    struct arena arena;

    arena_init(&arena, 64);
    assert_null(jwks_write(ring, &arena).at);
    arena_clear(&arena);
    keyring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t23_no_secret),
        cmocka_unit_test(test_t23_ec),
        cmocka_unit_test(test_t23_all_kinds),
        cmocka_unit_test(test_little_memory),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
