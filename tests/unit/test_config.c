#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "../folder.h"

#define FLAGS_MAX 4
#define NAMES_MAX 4
#define STRONG "kT9wq3ZrVb7yXn2LmPd8Hs5JcFg4Aa6Q"

static struct arena arena;
static char folder[64];
static char dotenv_path[sizeof folder + 8];

/* What one test gives: {"--name", "value"} pairs, NAME=value texts, the text of .env. */
struct given {
    struct config_flag flags[FLAGS_MAX];
    const char *environment[NAMES_MAX];
    const char *dotenv; /* NULL: no such file */
};

static int make_folder(void **state)
{
    if (!folder_make(folder, sizeof folder)) {
        return 1;
    }
    snprintf(dotenv_path, sizeof(dotenv_path), "%s/.env", folder);
    return 0;
}

static int remove_folder(void **state)
{
    return rmdir(folder);
}

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

static void write_file(const char *path, struct view text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* A file in the folder whose path stays valid until the end of the test. */
static const char *secret_file(struct view text)
{
    const char *path = arena_format(&arena, "%s/value", folder).at;
    write_file(path, text);
    return path;
}

static bool load(const struct given *given, struct config *out, struct view *why)
{
    struct config_sources sources = {.flags = given->flags, .dotenv_path = dotenv_path};
    char *environment[NAMES_MAX + 1] = {NULL};

    for (size_t i = 0; i < NAMES_MAX && given->environment[i] != NULL; i++) {
        environment[i] = (char *)(uintptr_t)given->environment[i];
    }
    while (sources.flag_count < FLAGS_MAX && given->flags[sources.flag_count].name.at != NULL) {
        sources.flag_count++;
    }
    sources.environment = environment;
    if (given->dotenv != NULL) {
        write_file(dotenv_path, view_of(given->dotenv));
    }
    *why = VIEW("");
    bool good = config_load(&sources, &arena, out, why);
    unlink(dotenv_path);
    unlink(arena_format(&arena, "%s/value", folder).at);
    return good;
}

static struct config loaded(const struct given *given)
{
    struct config config;
    struct view why;

    if (!load(given, &config, &why)) {
        fail_msg("refused: %.*s", VIEW_ARG(why));
    }
    return config;
}

static struct view refusal(const struct given *given)
{
    struct config config;
    struct view why;

    assert_false(load(given, &config, &why));
    assert_true(why.len > 0);
    assert_int_equal(view_find(why, '\n', 0), why.len);
    return why;
}

#define LOADED(...) loaded(&(struct given){__VA_ARGS__})
#define REFUSAL(...) refusal(&(struct given){__VA_ARGS__})
#define FLAG(name, value)                                                                          \
    {                                                                                              \
        VIEW_INIT(name), VIEW_INIT(value)                                                          \
    }
/* NAME=path of a file with that text. */
#define IN_FILE(name, text) arena_format(&arena, "%s=%s", (name), secret_file(VIEW(text))).at

static void test_defaults(void **state)
{
    struct config config = LOADED(.dotenv = NULL);

    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:8000");
    assert_int_equal(config_number(&config, OPTION_ACCESS_TOKEN_LIFETIME), 1800);
    assert_string_equal(config_choice(&config, OPTION_SIGNUP), "open");
    assert_false(config_is_set(&config, OPTION_LISTEN));
    assert_false(config_is_production(&config));
    assert_view(config_text(&config, OPTION_JWT_SECRET), "");
    assert_view(config.values[OPTION_LISTEN].source, "default");
}

static void test_flag_over_environment_over_dotenv(void **state)
{
    struct config config = LOADED(.flags = {FLAG("listen", "127.0.0.1:3")},
                                  .environment = {"LATCHKEY_LISTEN=127.0.0.1:2"},
                                  .dotenv = "LATCHKEY_LISTEN=127.0.0.1:1");
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:3");
    assert_int_equal(config.values[OPTION_LISTEN].origin, CONFIG_FLAG);
    assert_view(config.values[OPTION_LISTEN].source, "--listen");

    config = LOADED(.environment = {"LATCHKEY_LISTEN=127.0.0.1:2"},
                    .dotenv = "LATCHKEY_LISTEN=127.0.0.1:1");
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:2");
    assert_int_equal(config.values[OPTION_LISTEN].origin, CONFIG_ENVIRONMENT);
    assert_view(config.values[OPTION_LISTEN].source, "LATCHKEY_LISTEN");

    config = LOADED(.dotenv = "LATCHKEY_LISTEN=127.0.0.1:1");
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:1");
    assert_int_equal(config.values[OPTION_LISTEN].origin, CONFIG_DOTENV);
    assert_view(config.values[OPTION_LISTEN].source, ".env: LATCHKEY_LISTEN");
    assert_true(config_is_set(&config, OPTION_LISTEN));
}

static void test_an_alias_of_a_higher_source_wins(void **state)
{
    struct config config =
        LOADED(.environment = {"PORT=2"}, .dotenv = "LATCHKEY_LISTEN=127.0.0.1:1");
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:2");

    config = LOADED(.environment = {"PORT=2", "LATCHKEY_LISTEN=127.0.0.1:1"});
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:1");
}

static void test_an_empty_variable_is_unset(void **state)
{
    struct config config = LOADED(.environment = {"LATCHKEY_LISTEN=", "LATCHKEY_SIGNUP=", "PORT="},
                                  .dotenv = "LATCHKEY_LISTEN=127.0.0.1:1\nLATCHKEY_ISSUER=''");
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:1");
    assert_false(config_is_set(&config, OPTION_SIGNUP));
    assert_false(config_is_set(&config, OPTION_ISSUER));

    config = LOADED(.environment = {"LATCHKEY_LISTEN=", "PORT=2"});
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:2");
}

static void test_a_longer_name_is_another_name(void **state)
{
    struct config config = LOADED(.environment = {"PORTAL=1", "PORT", "XPORT=2", "latchkey_x=3"});
    assert_false(config_is_set(&config, OPTION_LISTEN));
}

static void test_unknown_names_are_refused(void **state)
{
    assert_view(REFUSAL(.environment = {"LATCHKEY_LISTN=x"}),
                "LATCHKEY_LISTN is no option; 'latchkey help serve' lists them");
    assert_view(REFUSAL(.dotenv = "A=1\nLATCHKEY_LISTN=x"),
                ".env: LATCHKEY_LISTN is no option; 'latchkey help serve' lists them");
    (void)REFUSAL(.environment = {"LATCHKEY_LISTN="});
    (void)REFUSAL(.environment = {"LATCHKEY_=x"});
    (void)REFUSAL(.environment = {"LATCHKEY_listen=x"});
    (void)REFUSAL(.environment = {"LATCHKEY_FILE=x"});
    (void)REFUSAL(.environment = {"LATCHKEY__FILE=x"});
    (void)REFUSAL(.environment = {"LATCHKEY_LISTEN_FILE_FILE=x"});
    assert_view(REFUSAL(.flags = {FLAG("listn", "x")}), "unknown flag --listn");
}

static void test_values_out_of_range_name_their_source(void **state)
{
    assert_view(REFUSAL(.environment = {"LATCHKEY_SIGNUP=maybe"}),
                "LATCHKEY_SIGNUP must be closed or open, not 'maybe'");
    assert_view(REFUSAL(.dotenv = "LATCHKEY_SESSION_IDLE=7"),
                ".env: LATCHKEY_SESSION_IDLE must be 1s to 3650d, not '7'");
    assert_view(REFUSAL(.flags = {FLAG("metrics", "")}), "--metrics must be on or off, not ''");
    assert_view(REFUSAL(.environment = {"ACCESS_TOKEN_EXPIRE_MINUTES=0"}),
                "ACCESS_TOKEN_EXPIRE_MINUTES must be 10s to 30d, not '0'");
}

static void test_a_bad_dotenv_is_refused(void **state)
{
    struct view why = REFUSAL(.dotenv = "A=1\nhunter2");
    assert_true(view_ends_with(why, VIEW("/.env: line 2 is not NAME=value")));
}

static void test_a_missing_dotenv_is_fine(void **state)
{
    struct config config;
    struct view why;
    struct config_sources sources = {.dotenv_path = NULL};

    assert_true(config_load(&sources, &arena, &config, &why));
    assert_false(config_is_set(&config, OPTION_LISTEN));
}

static void test_flags(void **state)
{
    assert_view(REFUSAL(.flags = {FLAG("signup", "open"), FLAG("signup", "open")}),
                "--signup is given twice");

    struct config config =
        LOADED(.flags = {FLAG("cors-origins", "https://a.test"),
                         FLAG("cors-origins", " https://b.test ,,https://c.test")},
               .environment = {"LATCHKEY_CORS_ORIGINS=https://d.test"});
    size_t count;
    const struct view *origins = config_list(&config, OPTION_CORS_ORIGINS, &arena, &count);
    assert_int_equal(count, 3);
    assert_view(origins[0], "https://a.test");
    assert_view(origins[1], "https://b.test");
    assert_view(origins[2], "https://c.test");
}

static void test_lists(void **state)
{
    struct config config = LOADED(.environment = {"LATCHKEY_TRUSTED_PROXIES=,10.0.0.0/8,"});
    size_t count = 9;

    assert_non_null(config_list(&config, OPTION_TRUSTED_PROXIES, &arena, &count));
    assert_int_equal(count, 1);
    assert_non_null(config_list(&config, OPTION_CORS_ORIGINS, &arena, &count));
    assert_int_equal(count, 0);
}

static void test_values_from_files(void **state)
{
    struct config config =
        LOADED(.environment = {IN_FILE("LATCHKEY_JWT_SECRET_FILE", STRONG "\n")});
    assert_view(config_text(&config, OPTION_JWT_SECRET), STRONG);
    assert_view(config.values[OPTION_JWT_SECRET].source, "LATCHKEY_JWT_SECRET_FILE");

    config = LOADED(.environment = {IN_FILE("SECRET_KEY_FILE", STRONG "\r\n")});
    assert_view(config_text(&config, OPTION_JWT_SECRET), STRONG);

    config = LOADED(.environment = {IN_FILE("JWT_SECRET_KEY_FILE", STRONG)});
    assert_view(config_text(&config, OPTION_JWT_SECRET), STRONG);

    config = LOADED(.environment = {IN_FILE("PORT_FILE", "9000\n")});
    assert_view(config_text(&config, OPTION_LISTEN), "127.0.0.1:9000");

    config = LOADED(.dotenv = IN_FILE("LATCHKEY_SESSION_IDLE_FILE", "2h\n"));
    assert_int_equal(config_number(&config, OPTION_SESSION_IDLE), 7200);
    assert_view(config.values[OPTION_SESSION_IDLE].source, ".env: LATCHKEY_SESSION_IDLE_FILE");
}

static void test_only_one_final_newline_is_dropped(void **state)
{
    struct config config =
        LOADED(.environment = {IN_FILE("LATCHKEY_JWT_SECRET_FILE", " " STRONG " \n\n")});
    assert_view(config_text(&config, OPTION_JWT_SECRET), " " STRONG " \n");
}

static void test_files_that_cannot_be_taken(void **state)
{
    static const char large[65538] = {'x'};

    assert_view(REFUSAL(.environment = {"LATCHKEY_JWT_SECRET_FILE=/nonexistent/secret"}),
                "LATCHKEY_JWT_SECRET_FILE: cannot read /nonexistent/secret: No such file or "
                "directory");
    assert_view(REFUSAL(.environment = {"LATCHKEY_JWT_SECRET_FILE=/"}),
                "LATCHKEY_JWT_SECRET_FILE: cannot read /: Is a directory");
    struct view text = arena_format(&arena, "LATCHKEY_JWT_SECRET_FILE=%s",
                                    secret_file(view_make(large, sizeof(large) - 1)));
    struct view why = REFUSAL(.environment = {text.at});
    assert_true(view_ends_with(why, VIEW(": larger than 64 KiB")));
}

static void test_a_value_and_its_file_are_one_too_many(void **state)
{
    assert_view(REFUSAL(.environment = {"LATCHKEY_JWT_SECRET=" STRONG,
                                        IN_FILE("LATCHKEY_JWT_SECRET_FILE", STRONG)}),
                "LATCHKEY_JWT_SECRET and LATCHKEY_JWT_SECRET_FILE are both set: which one?");

    struct config config = LOADED(.environment = {"LATCHKEY_JWT_SECRET=" STRONG},
                                  .dotenv = IN_FILE("LATCHKEY_JWT_SECRET_FILE", "another-" STRONG));
    assert_view(config_text(&config, OPTION_JWT_SECRET), STRONG);
}

/* A mistake is told even where a higher source hides it. */
static void test_hidden_values_are_checked_too(void **state)
{
    (void)REFUSAL(.flags = {FLAG("signup", "open")}, .dotenv = "LATCHKEY_SIGNUP=maybe");
    (void)REFUSAL(.environment = {"LATCHKEY_JWT_SECRET=" STRONG},
                  .dotenv = "LATCHKEY_JWT_SECRET_FILE=/nonexistent");
}

static void test_a_value_in_a_file_is_checked_and_never_shown(void **state)
{
    assert_view(REFUSAL(.environment = {IN_FILE("LATCHKEY_JWT_SECRET_FILE", "hunter2\n")}),
                "LATCHKEY_JWT_SECRET_FILE has 7 bytes, at least 32 are needed; make one with: "
                "openssl rand -base64 48");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flag_over_environment_over_dotenv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_alias_of_a_higher_source_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_empty_variable_is_unset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_longer_name_is_another_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_names_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_out_of_range_name_their_source, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_bad_dotenv_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_missing_dotenv_is_fine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_from_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_one_final_newline_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files_that_cannot_be_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_value_and_its_file_are_one_too_many, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_values_are_checked_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_value_in_a_file_is_checked_and_never_shown, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
