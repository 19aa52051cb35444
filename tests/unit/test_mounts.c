/* Which dialects are mounted where, from the option DIALECT. */
#include "unit.h"

#include "cli/mounts.h"
#include "config/config.h"
#include "dialects/dialects.h"

static struct cli cli;
static const struct api_mount *mounts;
static size_t count;

static int set_up(void **state)
{
    memset(&cli, 0, sizeof cli);
    arena_init(&cli.arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_clear(&cli.arena);
    return 0;
}

/* As LATCHKEY_DIALECT says; what is wrong goes to standard error. */
static int read_mounts(const char *format, const char *first, const char *second)
{
    char *environment[2] = {NULL};
    const struct config_sources sources = {.environment = environment};
    struct view why;
    struct builder b;
    struct view text;
    builder_init(&b, &cli.arena, 4096);
    builder_text(&b, "LATCHKEY_DIALECT=");
    for (const char *c = format; *c != '\0'; c++) {
        if (*c == '<' || *c == '>') {
            builder_text(&b, *c == '<' ? first : second);
        } else {
            builder_char(&b, *c);
        }
    }
    assert_true(builder_end(&b, &text));
    environment[0] = arena_copy(&cli.arena, text);
    assert_true(config_load(&sources, &cli.arena, &cli.config, &why));
    return mounts_read(&cli, &mounts, &count);
}

/* < and > stand for two dialects. */
#define READ(format) read_mounts(format, dialects[0]->name, dialects[1]->name)

static void check_mount(size_t index, const struct row_set *set, const char *prefix)
{
    assert_ptr_equal(mounts[index].set, set);
    assert_true(view_is(mounts[index].prefix, prefix));
}

static void test_none(void **state)
{
    assert_int_equal(READ(""), CLI_DONE);
    assert_int_equal(count, 0);
}

static void test_places(void **state)
{
    assert_int_equal(READ("<"), CLI_DONE);
    assert_int_equal(count, 1);
    check_mount(0, dialects[0], "");
    assert_int_equal(READ("<=/"), CLI_DONE);
    check_mount(0, dialects[0], "");
    assert_int_equal(READ("<=/a/b/"), CLI_DONE);
    check_mount(0, dialects[0], "/a/b");
    assert_int_equal(READ(" <=/a , >=/b "), CLI_DONE);
    assert_int_equal(count, 2);
    check_mount(0, dialects[0], "/a");
    check_mount(1, dialects[1], "/b");
    /* A prefix may lie below another's, and begin as a native one does. */
    assert_int_equal(READ("<=/a,>=/a/b"), CLI_DONE);
    assert_int_equal(READ("<=/v10,>=/healthy"), CLI_DONE);
}

static void test_refusals(void **state)
{
    static const char *const wrong[] = {
        "nothing",  "<,nothing=/x",   "native",     "<x",         "<,<",      "<=/a,<=/b",
        "<=/v1",    "<=/v1/",         "<=/v1/x",    "<=/docs",    "<=/redoc", "<=/openapi",
        "<=/oauth", "<=/health/live", "<=/metrics", ">=/a,<=/v1",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (READ(wrong[i]) != CLI_USAGE) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
}

/* Two dialects that share a route do not go together in one place. */
static void test_clash(void **state)
{
    int status = read_mounts("<,>", "fastapi-jwt-mongodb", "user-authentication-system");
    assert_int_equal(status, CLI_USAGE);
    status = read_mounts("<=/x,>=/x", "fastapi-jwt-mongodb", "user-authentication-system");
    assert_int_equal(status, CLI_USAGE);
    status = read_mounts("<,>=/x", "fastapi-jwt-mongodb", "user-authentication-system");
    assert_int_equal(status, CLI_DONE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_none),
        TEST(test_places),
        TEST(test_refusals),
        TEST(test_clash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
