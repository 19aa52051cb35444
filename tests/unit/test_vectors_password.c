/* Hash strings of the reference implementations at password_hash_verify. */
#include "unit.h"
#include "vectors.h"

#include "crypto/password_hash.h"
#include "crypto/secret.h"

/* More memory than a test should ask of the machine. */
#define RUN_MAX_KIB (256 * 1024)

static bool fits(struct view hash, struct view password)
{
    struct password_params today = password_params_default(PASSWORD_ARGON2ID);
    enum password_verdict verdict = password_hash_verify(&today, hash, password);

    return verdict == PASSWORD_MATCH || verdict == PASSWORD_MATCH_OLD;
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* The verifier takes version 19. */
static bool is_taken_argon2(const json_t *row)
{
    return number(row, "version") == 19;
}

static void check_valid_argon2(const json_t *row)
{
    struct view hash = vectors_text(row, "encoded");

    assert_int_equal(password_hash_is_taken(hash), is_taken_argon2(row));
    if (!is_taken_argon2(row))
        assert_false(fits(hash, vectors_text(row, "password")));
    else if (number(row, "m_kib") <= RUN_MAX_KIB)
        assert_true(fits(hash, vectors_text(row, "password")));
}

static void test_argon2(void **state)
{
    json_t *root = vectors_load("password-hash/argon2.json");
    const json_t *rows = json_object_get(root, "vectors");
    size_t taken = 0;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (json_is_true(json_object_get(row, "valid"))) {
            check_valid_argon2(row);
            taken += is_taken_argon2(row);
        } else {
            assert_false(fits(vectors_text(row, "encoded"), vectors_text(row, "password")));
        }
    }
    assert_int_equal(json_array_size(rows), 30);
    assert_int_equal(taken, 17);
    json_decref(root);
}

static void check_bcrypt(struct arena *arena, const json_t *row)
{
    struct view password = vectors_unhex(arena, vectors_text(row, "password_hex"));
    struct view hash = vectors_text(row, "hash");
    bool is_2x = view_starts_with(hash, VIEW("$2x$"));

    if (!json_is_true(json_object_get(row, "valid"))) {
        assert_false(password_hash_is_taken(vectors_text(row, "setting")));
        return;
    }
    assert_int_equal(password_hash_is_taken(hash), !is_2x);
    assert_int_equal(fits(hash, password), !is_2x && password.len <= PASSWORD_BCRYPT_MAX_BYTES &&
                                               view_find(password, '\0', 0) == password.len);
}

static void check_bcrypt_rows(const char *source, size_t expected)
{
    json_t *root = vectors_load("password-hash/bcrypt.json");
    const json_t *rows = json_object_get(json_object_get(root, source), "vectors");
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < json_array_size(rows); i++)
        check_bcrypt(&arena, json_array_get(rows, i));
    assert_int_equal(json_array_size(rows), expected);
    arena_clear(&arena);
    json_decref(root);
}

static void test_bcrypt_crypt_blowfish(void **state)
{
    check_bcrypt_rows("crypt_blowfish", 35);
}

static void test_bcrypt_pyca(void **state)
{
    check_bcrypt_rows("pyca", 28);
}

static void test_bcrypt_libxcrypt(void **state)
{
    check_bcrypt_rows("libxcrypt", 736);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_argon2),
        cmocka_unit_test(test_bcrypt_crypt_blowfish),
        cmocka_unit_test(test_bcrypt_pyca),
        cmocka_unit_test(test_bcrypt_libxcrypt),
    };

    if (!secret_setup())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
