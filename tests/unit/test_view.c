#include "unit.h"

#include "base/view.h"

static void test_of_null_is_empty(void **state)
{
    struct view v = view_of(NULL);
    assert_null(v.at);
    assert_true(view_is_empty(v));
    assert_false(view_is_empty(VIEW("a")));
    assert_view(view_of("abc"), "abc");
    assert_view(view_make("abcdef", 3), "abc");
}

static void test_equal(void **state)
{
    assert_true(view_equal(VIEW("abc"), VIEW("abc")));
    assert_true(view_equal(VIEW(""), view_of(NULL)));
    assert_false(view_equal(VIEW("abc"), VIEW("abd")));
    assert_false(view_equal(VIEW("abc"), VIEW("ab")));
    assert_false(view_equal(VIEW("a\0b"), VIEW("a\0c")));
    assert_true(view_is(VIEW("abc"), "abc"));
    assert_false(view_is(VIEW("abc"), "abcd"));
    assert_false(view_is(VIEW("abc\0"), "abc"));
}

static void test_equal_nocase_folds_ascii_only(void **state)
{
    assert_true(view_equal_nocase(VIEW("BeArEr"), VIEW("bEaReR")));
    assert_false(view_equal_nocase(VIEW("bearer"), VIEW("beare")));
    assert_false(view_equal_nocase(VIEW("bearer"), VIEW("beares")));
    assert_false(view_equal_nocase(VIEW("@["), VIEW("`{")));
    assert_false(view_equal_nocase(VIEW("\xC3\x84"), VIEW("\xC3\xA4")));
}

static void test_starts_and_ends(void **state)
{
    assert_true(view_starts_with(VIEW("/v1/users"), VIEW("/v1")));
    assert_true(view_starts_with(VIEW("x"), VIEW("")));
    assert_true(view_starts_with(view_of(NULL), view_of(NULL)));
    assert_false(view_starts_with(VIEW("/v"), VIEW("/v1")));
    assert_false(view_starts_with(VIEW("/v2/users"), VIEW("/v1")));
    assert_true(view_ends_with(VIEW("name_FILE"), VIEW("_FILE")));
    assert_true(view_ends_with(view_of(NULL), VIEW("")));
    assert_false(view_ends_with(VIEW("FILE"), VIEW("_FILE")));
    assert_false(view_ends_with(VIEW("name_FILE"), VIEW("_FILF")));
}

static void test_find(void **state)
{
    assert_int_equal(view_find(VIEW("a:b:c"), ':', 0), 1);
    assert_int_equal(view_find(VIEW("a:b:c"), ':', 2), 3);
    assert_int_equal(view_find(VIEW("a:b:c"), ':', 4), 5);
    assert_int_equal(view_find(VIEW("abc"), ':', 99), 3);
    assert_int_equal(view_find(view_of(NULL), ':', 0), 0);
    assert_int_equal(view_find_last(VIEW("a:b:c"), ':'), 3);
    assert_int_equal(view_find_last(VIEW(":"), ':'), 0);
    assert_int_equal(view_find_last(VIEW("abc"), ':'), 3);
    assert_int_equal(view_find_last(view_of(NULL), ':'), 0);
}

static void test_sub_is_cut_to_what_is_there(void **state)
{
    assert_view(view_sub(VIEW("abcdef"), 2, 3), "cde");
    assert_view(view_sub(VIEW("abcdef"), 4, SIZE_MAX), "ef");
    assert_view(view_sub(VIEW("abcdef"), 99, 1), "");
    assert_view(view_sub(view_of(NULL), 0, 1), "");
}

static void test_trim(void **state)
{
    assert_view(view_trim(VIEW(" \t a b\t ")), "a b");
    assert_view(view_trim(VIEW(" \t ")), "");
    assert_view(view_trim(VIEW("\na\n")), "\na\n");
    assert_view(view_trim(view_of(NULL)), "");
}

static void test_split(void **state)
{
    struct view rest = VIEW("a,,b");
    struct view part;
    assert_true(view_split(&rest, ',', &part));
    assert_view(part, "a");
    assert_true(view_split(&rest, ',', &part));
    assert_view(part, "");
    assert_true(view_split(&rest, ',', &part));
    assert_view(part, "b");
    assert_false(view_split(&rest, ',', &part));
    assert_null(rest.at);
}

static void test_split_gives_empty_ends(void **state)
{
    struct view part;
    struct view rest = VIEW("");
    assert_true(view_split(&rest, ',', &part));
    assert_view(part, "");
    assert_false(view_split(&rest, ',', &part));

    rest = VIEW("a,");
    assert_true(view_split(&rest, ',', &part));
    assert_view(part, "a");
    assert_true(view_split(&rest, ',', &part));
    assert_view(part, "");
    assert_false(view_split(&rest, ',', &part));
}

static void test_to_int64(void **state)
{
    static const struct {
        struct view text;
        int64_t value;
    } good[] = {
        {VIEW_INIT("0"), 0},
        {VIEW_INIT("7"), 7},
        {VIEW_INIT("-7"), -7},
        {VIEW_INIT("1000"), 1000},
        {VIEW_INIT("9223372036854775807"), INT64_MAX},
        {VIEW_INIT("-9223372036854775808"), INT64_MIN},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t value = 99;
        assert_true(view_to_int64(good[i].text, &value));
        assert_true(value == good[i].value);
    }
}

static void test_to_int64_refuses(void **state)
{
    static const struct view bad[] = {
        VIEW_INIT(""),
        VIEW_INIT("-"),
        VIEW_INIT("+1"),
        VIEW_INIT(" 1"),
        VIEW_INIT("1 "),
        VIEW_INIT("1a"),
        VIEW_INIT("01"),
        VIEW_INIT("-01"),
        VIEW_INIT("-0"),
        VIEW_INIT("--1"),
        VIEW_INIT("0x1"),
        VIEW_INIT("1.0"),
        VIEW_INIT("1\0"),
        VIEW_INIT("1e3"),
        VIEW_INIT("9223372036854775808"),
        VIEW_INIT("00"),
        VIEW_INIT("/"),
        VIEW_INIT(":"),
        {NULL, 0},
        VIEW_INIT("-9223372036854775809"),
        VIEW_INIT("99999999999999999999"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t value = 99;
        assert_false(view_to_int64(bad[i], &value));
        assert_int_equal(value, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_null_is_empty),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_nocase_folds_ascii_only),
        cmocka_unit_test(test_starts_and_ends),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_sub_is_cut_to_what_is_there),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_gives_empty_ends),
        cmocka_unit_test(test_to_int64),
        cmocka_unit_test(test_to_int64_refuses),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
