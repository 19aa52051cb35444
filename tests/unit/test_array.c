#include "unit.h"

#include "base/array.h"

static void test_reverse(void **state)
{
    int even[] = {1, 2, 3, 4};
    int odd[] = {1, 2, 3};
    int one[] = {1};
    array_reverse(even, ARRAY_LEN(even), sizeof *even);
    array_reverse(odd, ARRAY_LEN(odd), sizeof *odd);
    array_reverse(one, ARRAY_LEN(one), sizeof *one);
    array_reverse(NULL, 0, sizeof *one);
    assert_memory_equal(even, ((int[]){4, 3, 2, 1}), sizeof even);
    assert_memory_equal(odd, ((int[]){3, 2, 1}), sizeof odd);
    assert_int_equal(one[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reverse)};
    return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
