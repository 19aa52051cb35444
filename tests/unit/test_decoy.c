#include "service_fixture.h"

#include "service/decoy.h"

#define NAMES 400

static struct service_fixture f;
static const struct secret key = {{7}};

static int setup(void **state)
{
    service_fixture_open(&f, NULL);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_close(&f);
    return 0;
}

static bool is_bcrypt(const char *hash)
{
    return strncmp(hash, "$2b$10$", 7) == 0;
}

/* How many of many names get a bcrypt hash; each name always the same one. */
static size_t count_bcrypt(struct decoy *decoy)
{
    size_t count = 0;

    for (int i = 0; i < NAMES; i++) {
        struct view name = arena_format(&f.arena, "nobody%d", i);
        char hash[PASSWORD_HASH_SIZE];
        char again[PASSWORD_HASH_SIZE];

        decoy_pick(decoy, name, hash);
        decoy_pick(decoy, name, again);
        assert_string_equal(hash, again);
        assert_true(password_hash_is_taken(view_of(hash)));
        count += is_bcrypt(hash);
    }
    return count;
}

static void test_today_s_parameters_without_users(void **state)
{
    struct decoy *decoy = decoy_new(&f.options.password_params, &key);

    assert_non_null(decoy);
    assert_int_equal(decoy_load(decoy, f.handle), RESULT_OK);
    assert_int_equal(count_bcrypt(decoy), 0);
    decoy_free(decoy);
}

/* CHECKLIST E02: one user of two has an old hash, so about every second unknown name costs what an
 * old hash costs. */
static void test_kinds_in_use(void **state)
{
    struct decoy *decoy = decoy_new(&f.options.password_params, &key);
    size_t count;

    assert_non_null(decoy);
    (void)service_fixture_signup(&f, "alice");
    f.options.password_params = (struct password_params){.scheme = PASSWORD_BCRYPT, .cost = 10};
    service_fixture_restart(&f);
    (void)service_fixture_signup(&f, "bob");
    assert_int_equal(decoy_load(decoy, f.handle), RESULT_OK);
    count = count_bcrypt(decoy);
    assert_true(count > NAMES * 2 / 5 && count < NAMES * 3 / 5);
    decoy_free(decoy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_today_s_parameters_without_users, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kinds_in_use, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
