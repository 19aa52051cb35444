#include "unit.h"

#include "crypto/keyring.h"
#include "crypto/secret.h"

static struct signing_key *new_key(void)
{
    struct signing_key *key = signing_key_generate(SIGNING_HS256);

    assert_non_null(key);
    return key;
}

static struct keyring *new_ring(void)
{
    struct keyring *ring = keyring_new();

    assert_non_null(ring);
    return ring;
}

static void test_empty(void **state)
{
    struct keyring *ring = new_ring();

    assert_null(keyring_signer(ring));
    assert_null(keyring_find(ring, VIEW("x")));
    assert_null(keyring_find(ring, (struct view){NULL, 0}));
    assert_null(keyring_at(ring, 0));
    assert_int_equal(keyring_count(ring), 0);
    keyring_free(ring);
    keyring_free(NULL);
}

static void test_the_last_signing_key_signs(void **state)
{
    struct keyring *ring = new_ring();
    struct signing_key *first = new_key();
    struct signing_key *second = new_key();
    struct signing_key *third = new_key();

    assert_true(keyring_take(ring, first, true));
    assert_true(keyring_take(ring, second, true));
    assert_true(keyring_take(ring, third, false));
    assert_ptr_equal(keyring_signer(ring), second);
    assert_int_equal(keyring_count(ring), 3);
    assert_ptr_equal(keyring_at(ring, 0), first);
    keyring_free(ring);
}

static void test_find_is_exact(void **state)
{
    struct keyring *ring = new_ring();
    struct signing_key *key = new_key();
    struct view id = signing_key_id(key);
    char longer[64] = {0};

    assert_true(keyring_take(ring, key, false));
    memcpy(longer, id.at, id.len);
    longer[id.len] = 'A';
    assert_ptr_equal(keyring_find(ring, id), key);
    assert_null(keyring_find(ring, view_sub(id, 0, id.len - 1)));
    assert_null(keyring_find(ring, view_make(longer, id.len + 1)));
    assert_null(keyring_find(ring, VIEW("")));
    keyring_free(ring);
}

static void test_refuses_the_same_key_twice(void **state)
{
    const struct view secret = VIEW("0123456789abcdef0123456789abcdef");
    struct keyring *ring = new_ring();

    assert_true(keyring_take(ring, signing_key_of_secret(secret), true));
    assert_false(keyring_take(ring, signing_key_of_secret(secret), true));
    assert_int_equal(keyring_count(ring), 1);
    keyring_free(ring);
}

static void test_refuses_one_too_many(void **state)
{
    struct keyring *ring = new_ring();

    for (size_t i = 0; i < KEYRING_MAX_KEYS; i++)
        assert_true(keyring_take(ring, new_key(), false));
    assert_false(keyring_take(ring, new_key(), true));
    assert_null(keyring_signer(ring));
    assert_int_equal(keyring_count(ring), KEYRING_MAX_KEYS);
    keyring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_the_last_signing_key_signs),
        cmocka_unit_test(test_find_is_exact),
        cmocka_unit_test(test_refuses_the_same_key_twice),
        cmocka_unit_test(test_refuses_one_too_many),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
