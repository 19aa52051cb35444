#include "unit.h"

#include "base/json_depth.h"

static void test_depth(void **state)
{
    static const struct {
        const char *text;
        size_t depth;
    } cases[] = {
        {"", 0},
        {"1", 0},
        {"[]", 1},
        {"{\"a\":[{}]}", 3},
        {"[[],[],[[]]]", 3},
        {"\"[[[[\"", 0},
        {"[\"\\\"[[[\"]", 1},
        {"[\"\\\\\",[]]", 2},
        {"]]]][", 1},
        {"[\"open [[[", 1},
        {"[\"ends in a backslash\\", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct view text = view_of(cases[i].text);
        assert_true(json_depth_is_within(text, cases[i].depth));
        if (cases[i].depth > 0) {
            assert_false(json_depth_is_within(text, cases[i].depth - 1));
        }
    }
}

static void test_no_text_has_no_depth(void **state)
{
    assert_true(json_depth_is_within((struct view){NULL, 0}, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_no_text_has_no_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
