#include "unit.h"

#include "config/dotenv.h"

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_clear(&arena);
    return 0;
}

static struct dotenv parsed(struct view text)
{
    struct dotenv file;
    struct view why = VIEW("");

    if (!dotenv_parse(text, &arena, &file, &why)) {
        fail_msg("refused: %.*s", VIEW_ARG(why));
    }
    return file;
}

/* The value of A in a file with one line. */
static struct view value_of(struct view line)
{
    struct dotenv file = parsed(line);
    assert_int_equal(file.count, 1);
    assert_view(file.entries[0].name, "A");
    return dotenv_find(&file, VIEW("A"));
}

static struct view refusal(struct view text)
{
    struct dotenv file;
    struct view why = VIEW("");

    if (dotenv_parse(text, &arena, &file, &why)) {
        fail_msg("taken: %.*s", VIEW_ARG(text));
    }
    return why;
}

static void test_plain_values(void **state)
{
    assert_view(value_of(VIEW("A=b")), "b");
    assert_view(value_of(VIEW("A=b\n")), "b");
    assert_view(value_of(VIEW("  A = b c \t")), "b c");
    assert_view(value_of(VIEW("A=b=c==")), "b=c==");
    assert_view(value_of(VIEW("A=")), "");
    assert_view(value_of(VIEW("A=b\"c'd")), "b\"c'd");
    assert_view(value_of(VIEW("A=a\\nb")), "a\\nb");
    assert_view(value_of(VIEW("A=$HOME")), "$HOME");
    assert_view(value_of(VIEW("A=\xC3\xA4")), "\xC3\xA4");
}

static void test_comments(void **state)
{
    assert_view(value_of(VIEW("# B=1\n\n   # C=2\nA=b # c")), "b");
    assert_view(value_of(VIEW("A=b#c")), "b#c");
    assert_view(value_of(VIEW("A=b\t#c")), "b");
    assert_view(value_of(VIEW("A=# c")), "");
    assert_view(value_of(VIEW("A='b' # c")), "b");
    assert_view(value_of(VIEW("A=\"b\"#c")), "b");
    assert_view(value_of(VIEW("A='b # c'")), "b # c");
    assert_view(value_of(VIEW("A=\"b # c\"")), "b # c");
}

static void test_literal_quotes_keep_everything(void **state)
{
    assert_view(value_of(VIEW("A='b c'")), "b c");
    assert_view(value_of(VIEW("A=' b '")), " b ");
    assert_view(value_of(VIEW("A='a\\n\"$x'")), "a\\n\"$x");
    assert_view(value_of(VIEW("A=''")), "");
}

static void test_escaped_quotes(void **state)
{
    assert_view(value_of(VIEW("A=\"b c\"")), "b c");
    assert_view(value_of(VIEW("A=\"\"")), "");
    assert_view(value_of(VIEW("A=\"a\\nb\\tc\"")), "a\nb\tc");
    assert_view(value_of(VIEW("A=\"\\\"\\\\\\$\\'\"")), "\"\\$'");
    assert_view(value_of(VIEW("A=\"it's\"")), "it's");
}

static void test_export_is_skipped(void **state)
{
    assert_view(value_of(VIEW("export A=b")), "b");
    assert_view(value_of(VIEW("export   A='b'")), "b");
    assert_true(parsed(VIEW("export=b")).count == 1);
    assert_view(parsed(VIEW("exported=b")).entries[0].name, "exported");
}

static void test_lines_end_with_or_without_carriage_return(void **state)
{
    struct dotenv file = parsed(VIEW("A=1\r\nB='2'\r\n\r\n# c\r\nC=\"3\"\r\nD=4"));

    assert_int_equal(file.count, 4);
    assert_view(dotenv_find(&file, VIEW("A")), "1");
    assert_view(dotenv_find(&file, VIEW("B")), "2");
    assert_view(dotenv_find(&file, VIEW("C")), "3");
    assert_view(dotenv_find(&file, VIEW("D")), "4");
    assert_int_equal(file.entries[2].line, 5);
}

static void test_empty_files(void **state)
{
    assert_int_equal(parsed(VIEW("")).count, 0);
    assert_int_equal(parsed(view_of(NULL)).count, 0);
    assert_int_equal(parsed(VIEW("\n\r\n \t\n#")).count, 0);
}

static void test_names(void **state)
{
    assert_view(parsed(VIEW("_a9Z=1")).entries[0].name, "_a9Z");
    (void)refusal(VIEW("9A=1"));
    (void)refusal(VIEW("A-B=1"));
    (void)refusal(VIEW("A B=1"));
    (void)refusal(VIEW("A.B=1"));
    (void)refusal(VIEW("=1"));
    (void)refusal(VIEW("A\0=1"));
    (void)refusal(VIEW("\xC3\x84=1"));
}

static void test_malformed_lines_are_refused(void **state)
{
    static const struct view lines[] = {
        VIEW_INIT("A"),          VIEW_INIT("export A"),   VIEW_INIT("A='b"),
        VIEW_INIT("A=\"b"),      VIEW_INIT("A='"),        VIEW_INIT("A=\""),
        VIEW_INIT("A='b' c"),    VIEW_INIT("A=\"b\" c"),  VIEW_INIT("A='b'c'"),
        VIEW_INIT("A=\"b\\"),    VIEW_INIT("A=\"b\\\""),  VIEW_INIT("A=\"\\x41\""),
        VIEW_INIT("A=\"\\\0\""), VIEW_INIT("A=\"b\nc\""),
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        (void)refusal(lines[i]);
    }
}

static void test_refusals_name_the_line_and_no_value(void **state)
{
    assert_view(refusal(VIEW("A=1\n\n# c\nSECRET 'hunter2'\nB=2")), "line 4 is not NAME=value");
    assert_view(refusal(VIEW("SECRET=\"hunter2")), "line 1 is not NAME=value");
}

static void test_the_last_of_equal_names_counts(void **state)
{
    struct dotenv file = parsed(VIEW("A=1\nB=2\nA=3\n"));

    assert_int_equal(file.count, 3);
    assert_view(dotenv_find(&file, VIEW("A")), "3");
    assert_view(dotenv_find(&file, VIEW("B")), "2");
}

static void test_find_takes_the_whole_name(void **state)
{
    struct dotenv file = parsed(VIEW("AB=1"));

    assert_null(dotenv_find(&file, VIEW("A")).at);
    assert_null(dotenv_find(&file, VIEW("ABC")).at);
    assert_null(dotenv_find(&file, VIEW("ab")).at);
}

static void test_too_many_lines_are_refused(void **state)
{
    static char text[4097 * 4];

    for (size_t i = 0; i < sizeof(text); i += 4) {
        memcpy(text + i, "A=1\n", 4);
    }
    assert_int_equal(parsed(view_make(text, sizeof(text) - 4)).count, 4096);
    assert_view(refusal(view_make(text, sizeof(text))), "line 4097 is one value too many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_values),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_literal_quotes_keep_everything),
        cmocka_unit_test(test_escaped_quotes),
        cmocka_unit_test(test_export_is_skipped),
        cmocka_unit_test(test_lines_end_with_or_without_carriage_return),
        cmocka_unit_test(test_empty_files),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_malformed_lines_are_refused),
        cmocka_unit_test(test_refusals_name_the_line_and_no_value),
        cmocka_unit_test(test_the_last_of_equal_names_counts),
        cmocka_unit_test(test_find_takes_the_whole_name),
        cmocka_unit_test(test_too_many_lines_are_refused),
    };
    return cmocka_run_group_tests_name("dotenv", tests, set_up, tear_down);
}
