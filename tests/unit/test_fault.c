#include "unit.h"

#include "base/fault.h"

static void test_one_of_the_body(void **state)
{
    struct faults faults = {.count = 0};
    faults_add(&faults, "email", "malformed", VIEW("No e-mail address."));
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.items[0].place, "body");
    assert_view(faults.items[0].path[0], "email");
    assert_true(view_is_empty(faults.items[0].path[1]));
    assert_string_equal(faults.items[0].code, "malformed");
    assert_view(faults.items[0].message, "No e-mail address.");
}

static void test_those_beyond_are_counted_only(void **state)
{
    struct faults faults = {.count = 0};
    for (size_t i = 0; i < FAULTS_MAX; i++)
        faults_add(&faults, "kept", "missing", VIEW("x"));
    faults_add(&faults, "lost", "missing", VIEW("x"));
    assert_int_equal(faults.count, FAULTS_MAX + 1);
    assert_view(faults.items[FAULTS_MAX - 1].path[0], "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_the_body),
        cmocka_unit_test(test_those_beyond_are_counted_only),
    };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
