#include "unit.h"

#include "config/reference.h"

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

/* How often the part is in the text. */
static size_t occurrences(struct view text, struct view part)
{
    size_t count = 0;
    for (size_t i = 0; i + part.len <= text.len; i++) {
        count += view_equal(view_sub(text, i, part.len), part) ? 1 : 0;
    }
    return count;
}

static void test_help_has_every_flag_once(void **state)
{
    struct view help = reference_help(&arena);

    for (int i = 0; i < OPTION_COUNT; i++) {
        struct view flag = option_flag(&option_rows[i], &arena);
        struct view line = arena_format(&arena, "\n  %.*s ", VIEW_ARG(flag));
        assert_int_equal(occurrences(help, line), 1);
    }
}

static void test_help_has_each_group_once(void **state)
{
    struct view help = reference_help(&arena);

    for (int i = 0; i < OPTION_COUNT; i++) {
        struct view line = arena_format(&arena, "\n%s:\n", option_rows[i].group);
        assert_int_equal(occurrences(help, line), 1);
    }
}

static void test_help_fits_a_terminal(void **state)
{
    struct view help = reference_help(&arena);
    struct view line;

    while (view_split(&help, '\n', &line)) {
        if (line.len > 80) {
            fail_msg("too wide: %.*s", VIEW_ARG(line));
        }
    }
}

static void test_help_tells_range_and_default(void **state)
{
    struct view help = reference_help(&arena);

    assert_int_equal(occurrences(help, VIEW("  --access-token-lifetime DURATION\n"
                                            "      How long an access token lives.\n"
                                            "      [10s to 30d; default: 30m]\n")),
                     1);
    assert_int_equal(occurrences(help, VIEW("[default: 127.0.0.1:8000]")), 1);
}

static void test_markdown_has_every_option_and_alias(void **state)
{
    struct view page = reference_markdown(&arena);

    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_rows[i];
        struct view row = arena_format(&arena, "\n| `%s` | ", option->name);
        assert_int_equal(occurrences(page, row), 1);
        for (size_t j = 0; j < OPTION_ALIASES_MAX && option->aliases[j].name != NULL; j++) {
            struct view alias = arena_format(&arena, "`%s`", option->aliases[j].name);
            assert_true(occurrences(page, alias) >= 1);
        }
    }
}

/* Four cells: five bars that are not escaped. */
static void test_markdown_rows_have_four_cells(void **state)
{
    struct view page = reference_markdown(&arena);
    struct view line;
    size_t rows = 0;

    while (view_split(&page, '\n', &line)) {
        size_t bars = occurrences(line, VIEW("|")) - occurrences(line, VIEW("\\|"));
        if (view_starts_with(line, VIEW("| `"))) {
            assert_int_equal(bars, 5);
            rows++;
        }
    }
    assert_int_equal(rows, OPTION_COUNT);
}

static void test_values_tell_their_source_and_no_secret(void **state)
{
    char *environment[] = {(char[]){"JWT_SECRET_KEY=kT9wq3ZrVb7yXn2LmPd8Hs5JcFg4Aa6Q"},
                           (char[]){"DATABASE_URL=postgresql://u:hunter2@h/db"}, NULL};
    struct config_flag flag = {VIEW_INIT("signup"), VIEW_INIT("closed")};
    struct config_sources sources = {.flags = &flag, .flag_count = 1, .environment = environment};
    struct config config;
    struct view why;

    assert_true(config_load(&sources, &arena, &config, &why));
    struct view text = reference_values(&config, &arena);
    assert_int_equal(occurrences(text, VIEW("\n")), OPTION_COUNT);
    assert_int_equal(occurrences(text, VIEW("kT9wq3")), 0);
    assert_int_equal(occurrences(text, VIEW("hunter2")), 0);
    assert_int_equal(occurrences(text, VIEW("(secret, 32 bytes)")), 1);
    assert_int_equal(occurrences(text, VIEW("# JWT_SECRET_KEY\n")), 1);
    assert_int_equal(occurrences(text, VIEW("# --signup\n")), 1);
    assert_int_equal(occurrences(text, VIEW("# default\n")), OPTION_COUNT - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help_has_every_flag_once),
        cmocka_unit_test(test_help_has_each_group_once),
        cmocka_unit_test(test_help_fits_a_terminal),
        cmocka_unit_test(test_help_tells_range_and_default),
        cmocka_unit_test(test_markdown_has_every_option_and_alias),
        cmocka_unit_test(test_markdown_rows_have_four_cells),
        cmocka_unit_test(test_values_tell_their_source_and_no_secret),
    };
    return cmocka_run_group_tests_name("reference", tests, set_up, tear_down);
}
