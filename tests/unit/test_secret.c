#include "unit.h"

#include "base/arena.h"
#include "crypto/secret.h"

static bool is_zero(const struct secret *secret)
{
    struct secret zero = {{0}};

    return memcmp(secret, &zero, sizeof(zero)) == 0;
}

static void test_random_differs(void **state)
{
    struct secret a;
    struct secret b;

    secret_random(&a);
    secret_random(&b);
    assert_memory_not_equal(&a, &b, sizeof(a));
    assert_false(is_zero(&a));
}

static void test_random_bytes_fill_exactly(void **state)
{
    uint8_t bytes[40] = {0};

    secret_random_bytes(bytes, 32);
    assert_int_equal(bytes[32] | bytes[33] | bytes[39], 0);
}

static void test_wipe(void **state)
{
    struct secret secret;

    secret_random(&secret);
    secret_wipe(&secret);
    assert_true(is_zero(&secret));
    secret_wipe_bytes(NULL, 0);
}

static void test_dispose_wipes_with_the_arena(void **state)
{
    struct secret secret;
    struct arena arena;

    secret_random(&secret);
    arena_init(&arena, 0);
    assert_true(arena_on_clear(&arena, secret_dispose, &secret));
    arena_clear(&arena);
    assert_true(is_zero(&secret));
}

static void test_equal(void **state)
{
    uint8_t a[32] = {1};
    uint8_t b[32] = {1};

    assert_true(secret_equal(a, b, sizeof(a)));
    for (size_t i = 0; i < 8 * sizeof(b); i++) {
        b[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_false(secret_equal(a, b, sizeof(a)));
        b[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    assert_true(secret_equal(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_differs), cmocka_unit_test(test_random_bytes_fill_exactly),
        cmocka_unit_test(test_wipe),           cmocka_unit_test(test_dispose_wipes_with_the_arena),
        cmocka_unit_test(test_equal),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
