#include "unit.h"

#include <ctype.h>

#include "config/option.h"

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

struct reading {
    enum option_id id;
    const char *text;
    char default_unit;
    int64_t number;
};

static void assert_reads(const struct reading *row)
{
    int64_t number = -1;
    struct view why = VIEW("");

    if (!option_read(&option_rows[row->id], view_of(row->text), row->default_unit, &arena, &number,
                     &why)) {
        fail_msg("%s=%s is refused: %.*s", option_rows[row->id].name, row->text, VIEW_ARG(why));
    }
    assert_int_equal(number, row->number);
}

/* The reason why the text is refused. */
static struct view refusal(enum option_id id, struct view text, char default_unit)
{
    int64_t number;
    struct view why = VIEW("");

    if (option_read(&option_rows[id], text, default_unit, &arena, &number, &why)) {
        fail_msg("%s=%.*s is taken", option_rows[id].name, VIEW_ARG(text));
    }
    return why;
}

static bool holds(struct view text, struct view part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (view_equal(view_sub(text, i, part.len), part)) {
            return true;
        }
    }
    return false;
}

static void test_every_kind_is_read(void **state)
{
    static const struct reading rows[] = {
        {OPTION_AUDIENCE, "anything at all", 0, 0},
        {OPTION_CORS_ORIGINS, "a,b", 0, 0},
        {OPTION_ENVIRONMENT, "development", 0, 0},
        {OPTION_ENVIRONMENT, "production", 0, 1},
        {OPTION_ENVIRONMENT, "Production", 0, 1},
        {OPTION_TOKEN_ALGORITHM, "eddsa", 0, 3},
        {OPTION_RATE_LIMIT, "on", 0, 1},
        {OPTION_RATE_LIMIT, "OFF", 0, 0},
        {OPTION_PASSWORD_MIN_LENGTH, "8", 0, 8},
        {OPTION_SESSION_LIFETIME, "30s", 0, 30},
        {OPTION_SESSION_LIFETIME, "15m", 0, 900},
        {OPTION_SESSION_LIFETIME, "12h", 0, 43200},
        {OPTION_SESSION_LIFETIME, "30d", 0, 2592000},
        {OPTION_MAX_BODY_BYTES, "65536", 0, 65536},
        {OPTION_MAX_BODY_BYTES, "64KiB", 0, 65536},
        {OPTION_MAX_BODY_BYTES, "16MiB", 0, 16777216},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_reads(&rows[i]);
    }
}

static void test_bounds_belong_to_the_range(void **state)
{
    static const struct reading good[] = {
        {OPTION_PASSWORD_MIN_LENGTH, "1", 0, 1},
        {OPTION_PASSWORD_MIN_LENGTH, "128", 0, 128},
        {OPTION_ACCESS_TOKEN_LIFETIME, "10s", 0, 10},
        {OPTION_ACCESS_TOKEN_LIFETIME, "30d", 0, 2592000},
        {OPTION_REFRESH_GRACE, "0s", 0, 0},
        {OPTION_REFRESH_GRACE, "1m", 0, 60},
        {OPTION_MAX_BODY_BYTES, "1KiB", 0, 1024},
        {OPTION_MAX_BODY_BYTES, "16777216", 0, 16777216},
    };
    static const struct reading bad[] = {
        {OPTION_PASSWORD_MIN_LENGTH, "0", 0, 0},    {OPTION_PASSWORD_MIN_LENGTH, "129", 0, 0},
        {OPTION_ACCESS_TOKEN_LIFETIME, "9s", 0, 0}, {OPTION_ACCESS_TOKEN_LIFETIME, "31d", 0, 0},
        {OPTION_REFRESH_GRACE, "61s", 0, 0},        {OPTION_REFRESH_GRACE, "2m", 0, 0},
        {OPTION_MAX_BODY_BYTES, "1023", 0, 0},      {OPTION_MAX_BODY_BYTES, "17MiB", 0, 0},
        {OPTION_PASSWORD_MIN_LENGTH, "-8", 0, 0},   {OPTION_MAX_CONNECTIONS, "7", 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_reads(&good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        (void)refusal(bad[i].id, view_of(bad[i].text), bad[i].default_unit);
    }
}

static void test_what_is_no_value_is_refused(void **state)
{
    static const struct {
        enum option_id id;
        struct view text;
    } rows[] = {
        {OPTION_ENVIRONMENT, VIEW_INIT("staging")},
        {OPTION_ENVIRONMENT, VIEW_INIT("")},
        {OPTION_ENVIRONMENT, VIEW_INIT("production ")},
        {OPTION_RATE_LIMIT, VIEW_INIT("yes")},
        {OPTION_RATE_LIMIT, VIEW_INIT("1")},
        {OPTION_PASSWORD_MIN_LENGTH, VIEW_INIT("")},
        {OPTION_PASSWORD_MIN_LENGTH, VIEW_INIT("8.0")},
        {OPTION_PASSWORD_MIN_LENGTH, VIEW_INIT("08")},
        {OPTION_PASSWORD_MIN_LENGTH, VIEW_INIT("+8")},
        {OPTION_PASSWORD_MIN_LENGTH, VIEW_INIT("8s")},
        {OPTION_PASSWORD_MIN_LENGTH, VIEW_INIT("8\0")},
        {OPTION_SESSION_IDLE, VIEW_INIT("30")},
        {OPTION_SESSION_IDLE, VIEW_INIT("s")},
        {OPTION_SESSION_IDLE, VIEW_INIT("30 s")},
        {OPTION_SESSION_IDLE, VIEW_INIT("30S")},
        {OPTION_SESSION_IDLE, VIEW_INIT("1w")},
        {OPTION_SESSION_IDLE, VIEW_INIT("1h30m")},
        {OPTION_SESSION_IDLE, VIEW_INIT("1.5h")},
        {OPTION_SESSION_IDLE, VIEW_INIT("-1d")},
        {OPTION_SESSION_IDLE, VIEW_INIT("9223372036854775807d")},
        {OPTION_SESSION_IDLE, VIEW_INIT("106751991167301d")},
        {OPTION_MAX_BODY_BYTES, VIEW_INIT("64kib")},
        {OPTION_MAX_BODY_BYTES, VIEW_INIT("64KB")},
        {OPTION_MAX_BODY_BYTES, VIEW_INIT("KiB")},
        {OPTION_MAX_BODY_BYTES, VIEW_INIT("9223372036854775807MiB")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)refusal(rows[i].id, rows[i].text, 0);
    }
}

static void test_default_unit_counts_when_there_is_none(void **state)
{
    static const struct reading rows[] = {
        {OPTION_ACCESS_TOKEN_LIFETIME, "30", 'm', 1800},
        {OPTION_ACCESS_TOKEN_LIFETIME, "30s", 'm', 30},
        {OPTION_ACCESS_TOKEN_LIFETIME, "2h", 'm', 7200},
        {OPTION_SESSION_IDLE, "7", 'd', 604800},
        {OPTION_SESSION_IDLE, "7h", 'd', 25200},
        {OPTION_SESSION_IDLE, "7", 's', 7},
        {OPTION_SESSION_IDLE, "7", 'h', 25200},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_reads(&rows[i]);
    }
    (void)refusal(OPTION_ACCESS_TOKEN_LIFETIME, VIEW("0"), 'm');
    (void)refusal(OPTION_ACCESS_TOKEN_LIFETIME, VIEW("43201"), 'm');
    (void)refusal(OPTION_ACCESS_TOKEN_LIFETIME, VIEW("-30"), 'm');
    (void)refusal(OPTION_ACCESS_TOKEN_LIFETIME, VIEW(""), 'm');
}

static void test_refusals_say_what_is_wanted(void **state)
{
    assert_view(refusal(OPTION_ENVIRONMENT, VIEW("staging"), 0),
                "must be development or production, not 'staging'");
    assert_view(refusal(OPTION_RATE_LIMIT, VIEW("yes"), 0), "must be on or off, not 'yes'");
    assert_view(refusal(OPTION_PASSWORD_MIN_LENGTH, VIEW("0"), 0), "must be 1 to 128, not '0'");
    assert_view(refusal(OPTION_ACCESS_TOKEN_LIFETIME, VIEW("5s"), 0),
                "must be 10s to 30d, not '5s'");
    assert_view(refusal(OPTION_MAX_BODY_BYTES, VIEW("1"), 0), "must be 1KiB to 16MiB, not '1'");
}

static void test_refusals_never_repeat_a_secret(void **state)
{
    static const char *const choices[] = {"a", "b", NULL};
    struct option kinds[] = {
        {.name = "X", .kind = OPTION_CHOICE, .choices = choices, .secret = true},
        {.name = "X", .kind = OPTION_SWITCH, .secret = true},
        {.name = "X", .kind = OPTION_INTEGER, .min = 1, .max = 2, .secret = true},
        {.name = "X", .kind = OPTION_DURATION, .min = 1, .max = 2, .secret = true},
        {.name = "X", .kind = OPTION_SIZE, .min = 1, .max = 2, .secret = true},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int64_t number;
        struct view why;
        assert_false(option_read(&kinds[i], VIEW("hunter2"), 0, &arena, &number, &why));
        assert_true(why.len > 0);
        assert_false(holds(why, VIEW("hunter2")));
    }
}

static void test_ranges_are_written_with_their_largest_unit(void **state)
{
    assert_view(option_range(&option_rows[OPTION_TOKEN_ALGORITHM], &arena),
                "auto, ES256, RS256, EdDSA or HS256");
    assert_view(option_range(&option_rows[OPTION_METRICS], &arena), "on or off");
    assert_view(option_range(&option_rows[OPTION_LOGIN_LOCK_FOR], &arena), "1s to 1h");
    assert_view(option_range(&option_rows[OPTION_REFRESH_GRACE], &arena), "0s to 1m");
    assert_view(option_range(&option_rows[OPTION_SESSION_IDLE], &arena), "1s to 3650d");
    assert_view(option_range(&option_rows[OPTION_MAX_BODY_BYTES], &arena), "1KiB to 16MiB");
    assert_view(option_range(&option_rows[OPTION_LISTEN], &arena), "HOST:PORT");
}

static void test_flags_and_names_find_their_option(void **state)
{
    assert_view(option_flag(&option_rows[OPTION_ACCESS_TOKEN_LIFETIME], &arena),
                "--access-token-lifetime");
    for (int i = 0; i < OPTION_COUNT; i++) {
        struct view flag = option_flag(&option_rows[i], &arena);
        assert_int_equal(option_of_flag(view_sub(flag, 2, flag.len)), i);
        assert_int_equal(option_of_name(view_of(option_rows[i].name)), i);
    }
}

static void test_unknown_flags_and_names_find_none(void **state)
{
    static const char *const flags[] = {"",       "lis",      "listening",  "LISTEN",
                                        "Listen", "--listen", "jwt_secret", "jwt-secret-file"};
    static const char *const names[] = {"", "listen", "LISTENING", "JWT-SECRET", "LATCHKEY_LISTEN"};

    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        assert_int_equal(option_of_flag(view_of(flags[i])), OPTION_COUNT);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(option_of_name(view_of(names[i])), OPTION_COUNT);
    }
}

static void assert_written_like_an_option(const char *name)
{
    for (size_t i = 0; name[i] != '\0'; i++) {
        assert_true(isupper((unsigned char)name[i]) || name[i] == '_');
    }
}

/* What the rows must keep so that the loaders and the reference can rely on them. */
static void test_rows_are_complete(void **state)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_rows[i];
        bool ranged = option->kind == OPTION_INTEGER || option->kind == OPTION_DURATION ||
                      option->kind == OPTION_SIZE;
        assert_non_null(option->name);
        assert_written_like_an_option(option->name);
        assert_non_null(option->group);
        assert_true(option->help != NULL && strlen(option->help) > 10);
        assert_true(option->default_text != NULL || option->default_note != NULL);
        assert_true((option->choices != NULL) == (option->kind == OPTION_CHOICE));
        assert_true(!ranged || option->min < option->max);
        assert_true(!option->secret || option->default_text == NULL);
    }
}

static void test_defaults_are_within_their_ranges(void **state)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        int64_t number;
        struct view why;
        const char *text = option_rows[i].default_text;
        assert_true(text == NULL ||
                    option_read(&option_rows[i], view_of(text), 0, &arena, &number, &why));
    }
}

static void test_a_name_stands_for_one_option_only(void **state)
{
    for (int i = 0; i < OPTION_COUNT * OPTION_ALIASES_MAX; i++) {
        const char *one = option_rows[i / OPTION_ALIASES_MAX].aliases[i % OPTION_ALIASES_MAX].name;
        for (int j = 0; j < i && one != NULL; j++) {
            const char *other =
                option_rows[j / OPTION_ALIASES_MAX].aliases[j % OPTION_ALIASES_MAX].name;
            assert_true(other == NULL || strcmp(one, other) != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_is_read),
        cmocka_unit_test(test_bounds_belong_to_the_range),
        cmocka_unit_test(test_what_is_no_value_is_refused),
        cmocka_unit_test(test_default_unit_counts_when_there_is_none),
        cmocka_unit_test(test_refusals_say_what_is_wanted),
        cmocka_unit_test(test_refusals_never_repeat_a_secret),
        cmocka_unit_test(test_ranges_are_written_with_their_largest_unit),
        cmocka_unit_test(test_flags_and_names_find_their_option),
        cmocka_unit_test(test_unknown_flags_and_names_find_none),
        cmocka_unit_test(test_rows_are_complete),
        cmocka_unit_test(test_defaults_are_within_their_ranges),
        cmocka_unit_test(test_a_name_stands_for_one_option_only),
    };
    return cmocka_run_group_tests_name("option", tests, set_up, tear_down);
}
