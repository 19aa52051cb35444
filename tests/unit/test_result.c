#include "unit.h"

#include "base/result.h"

static void test_rows(void **state)
{
    assert_int_equal(result_status(RESULT_OK), 200);
    assert_int_equal(result_status(RESULT_INVALID_GRANT), 401);
    assert_string_equal(result_code(RESULT_USERNAME_TAKEN), "username_taken");
    assert_string_equal(result_title(RESULT_NOT_FOUND), "There is no such thing");
    assert_int_equal(result_level(RESULT_INTERNAL), LOG_ERROR);
    assert_int_equal(result_level(RESULT_LOCKED), LOG_WARNING);
}

static void test_good_ends_at_400(void **state)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        enum result result = (enum result)i;
        assert_int_equal(result_is_good(result), result_status(result) < 400);
    }
    assert_true(result_is_good(RESULT_NOT_MODIFIED));
    assert_false(result_is_good(RESULT_BAD_REQUEST));
}

static void test_every_row_is_whole_and_every_code_is_one(void **state)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        assert_in_range(result_status((enum result)i), 200, 599);
        assert_true(strlen(result_title((enum result)i)) > 0);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(result_code((enum result)i), result_code((enum result)k));
    }
}

static void test_foreign_value_is_internal(void **state)
{
    assert_int_equal(result_status(RESULT_COUNT), 500);
    assert_string_equal(result_code(RESULT_COUNT), "internal");
    assert_false(result_is_good(RESULT_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_good_ends_at_400),
        cmocka_unit_test(test_every_row_is_whole_and_every_code_is_one),
        cmocka_unit_test(test_foreign_value_is_internal),
    };
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
