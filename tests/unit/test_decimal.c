/* Exact amounts. */
#include "unit.h"

#include <stdbool.h>

#include "base/decimal.h"

static void test_round_trip(void **state)
{
    static const struct {
        const char *text;
        int64_t units;
    } cases[] = {
        {"0", 0},
        {"0.0", 0},
        {"0.0000", 0},
        {"0.0001", 1},
        {"0.1", 1000},
        {"1", 10000},
        {"19.99", 199900},
        {"12.50", 125000},
        {"12.5", 125000},
        {"0.3", 3000},
        {"1000000000.0001", INT64_C(10000000000001)},
        {"999999999999", INT64_C(9999999999990000)},
        {"999999999999.9999", DECIMAL_UNITS_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decimal decimal;
        char text[DECIMAL_TEXT_SIZE];
        assert_true(decimal_parse(view_of(cases[i].text), &decimal));
        assert_int_equal(decimal.units, cases[i].units);
        struct view again = decimal_format(&decimal, text);
        assert_true(view_is(again, cases[i].text));
        assert_int_equal(again.at[again.len], '\0');
    }
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "-0",
        "00",
        "01",
        "007.5",
        "1e3",
        "1E3",
        "0x10",
        "1,5",
        "1 000",
        " 1",
        "1 ",
        "1.2.3",
        "1..2",
        "1.23456",
        "NaN",
        "inf",
        "1_000",
        "1\n",
        "\xEF\xBC\x91", /* a full-width one */
        "\xD9\xA1",     /* an Arabic one */
        "1000000000000",
        "99999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct decimal decimal = {.units = -7};
        assert_false(decimal_parse(view_of(texts[i]), &decimal));
        assert_int_equal(decimal.units, -7);
    }
    struct decimal decimal;
    assert_false(decimal_parse(view_make("1\0", 2), &decimal));
    assert_false(decimal_parse(view_make(NULL, 0), &decimal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
