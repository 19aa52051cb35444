/* Doubles that are whole numbers. */
#include "unit.h"

#include <math.h>

#include "base/real.h"

static void test_whole(void **state)
{
    static const struct {
        double number;
        int64_t is;
    } cases[] = {{0.0, 0},
                 {-0.0, 0},
                 {3.0, 3},
                 {-25.0, -25},
                 {1e15, INT64_C(1000000000000000)},
                 {9007199254740992.0, INT64_C(9007199254740992)},
                 {-9007199254740992.0, -INT64_C(9007199254740992)}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t found = 7;
        assert_true(real_to_int64(cases[i].number, &found));
        assert_int_equal(found, cases[i].is);
    }
}

static void test_not_whole(void **state)
{
    const double numbers[] = {0.5,   -1.5,  1e-300,   9007199254740994.0, -9007199254740994.0, 1e19,
                              -1e19, 1e308, INFINITY, -INFINITY,          (double)NAN};

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t found = 7;
        assert_false(real_to_int64(numbers[i], &found));
        assert_int_equal(found, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_not_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
