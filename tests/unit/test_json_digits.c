#include "unit.h"

#include "base/json_digits.h"

static void test_digits(void **state)
{
    static const struct {
        const char *text;
        size_t digits;
    } cases[] = {
        {"{\"p\":0}", 0},
        {"{\"p\":7}", 1},
        {"{\"p\":-12.50}", 3},
        {"{\"p\":100}", 1},
        {"{\"p\":1.001}", 4},
        {"{\"p\":0.00120e10}", 2},
        {"{\"p\":123456789012.3456}", 16},
        {"{\"p\":1.00000000000000000001}", 21},
        {"{\"p\":12.50000000000000000000}", 3},
        {" {\t\"a\" : \"x,\\\"p\\\":9\" ,\r\n \"p\" :\n1234 }", 4},
        {"{\"a\":{\"p\":123},\"b\":[{\"p\":12}],\"p\":1}", 1},
        {"{\"a\":[],\"b\":{},\"c\":null,\"d\":true,\"p\":21e3}", 2},
        {"{\"a\":\"\\\\\",\"p\":33}", 2},
        {"{\"p\":\"99\"}", 0},
        {"{\"p\":[1234]}", 0},
        {"{\"pp\":12,\"P\":12}", SIZE_MAX},
        {"{\"\\u0070\":12}", SIZE_MAX},
        {"{}", SIZE_MAX},
        {"[{\"p\":12}]", SIZE_MAX},
        {"12", SIZE_MAX},
        {"", SIZE_MAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(json_digits_of_member(view_of(cases[i].text), VIEW("p")), cases[i].digits);
    }
}

/* What is not valid is never given; it is not read beyond its end all the same. */
static void test_cut_short(void **state)
{
    const struct view whole = VIEW("{\"a\":\"\\\"x\",\"b\":[1,{\"p\":2}],\"p\":12.5}");
    for (size_t len = 0; len < whole.len; len++) {
        char *copy = test_malloc(len + 1);
        for (size_t i = 0; i < len; i++) {
            copy[i] = whole.at[i];
        }
        size_t digits = json_digits_of_member(view_make(copy, len), VIEW("p"));
        assert_true(digits <= 3 || digits == SIZE_MAX);
        test_free(copy);
    }
    assert_int_equal(json_digits_of_member((struct view){NULL, 0}, VIEW("p")), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
