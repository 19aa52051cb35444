#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/builder.h"

/* What builder_json makes of the text, in a buffer of the caller's. */
static struct view json(struct view text, char *buffer, size_t size)
{
    struct builder b;
    struct view out;
    builder_init_fixed(&b, buffer, size);
    builder_json(&b, text);
    assert_true(builder_end(&b, &out));
    return out;
}

static void test_all_kinds(void **state)
{
    char buffer[128];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_text(&b, "a");
    builder_char(&b, '=');
    builder_int(&b, INT64_MIN);
    builder_add(&b, VIEW(" "));
    builder_int(&b, INT64_MAX);
    builder_int(&b, 0);
    builder_format(&b, " %s/%d", "x", 5);
    builder_text(&b, NULL);
    assert_true(builder_end(&b, &out));
    assert_view(out, "a=-9223372036854775808 92233720368547758070 x/5");
}

static void test_fixed_takes_exactly_its_size(void **state)
{
    char buffer[4];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_format(&b, "%s", "abcd");
    assert_true(builder_end(&b, &out));
    assert_view(out, "abcd");
    builder_char(&b, 'e');
    assert_false(builder_end(&b, &out));
}

static void test_failure_sticks(void **state)
{
    char buffer[4];
    struct builder b;
    struct view out = VIEW("untouched");
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_text(&b, "abcde");
    builder_text(&b, "a");
    builder_char(&b, 'a');
    builder_int(&b, 1);
    builder_format(&b, "%d", 1);
    builder_json(&b, VIEW("a"));
    assert_false(builder_end(&b, &out));
    assert_view(out, "untouched");
}

static void test_grows_in_the_arena_to_its_maximum(void **state)
{
    struct arena arena;
    struct builder b;
    struct view out;
    arena_init(&arena, 0);
    builder_init(&b, &arena, 1000);
    for (int i = 0; i < 1000; i++)
        builder_char(&b, (char)('a' + i % 26));
    assert_true(builder_end(&b, &out));
    assert_int_equal(out.len, 1000);
    for (size_t i = 0; i < out.len; i++)
        assert_int_equal(out.at[i], 'a' + i % 26);
    builder_char(&b, 'x');
    assert_false(builder_end(&b, &out));
    arena_clear(&arena);
}

static void test_empty_is_fine(void **state)
{
    struct arena arena;
    struct builder b;
    struct view out;
    arena_init(&arena, 0);
    builder_init(&b, &arena, 10);
    assert_true(builder_end(&b, &out));
    assert_non_null(out.at);
    assert_int_equal(out.len, 0);
    arena_clear(&arena);
}

static void test_fails_when_the_arena_does(void **state)
{
    struct arena arena;
    struct builder b;
    struct view out;
    arena_init(&arena, 512);
    builder_init(&b, &arena, 100000);
    for (int i = 0; i < 2000; i++)
        builder_char(&b, 'x');
    assert_false(builder_end(&b, &out));
    arena_clear(&arena);
}

static void test_long_format(void **state)
{
    struct arena arena;
    struct builder b;
    struct view out;
    arena_init(&arena, 0);
    builder_init(&b, &arena, 4096);
    builder_format(&b, "<%2000s>", "x");
    builder_char(&b, '!');
    assert_true(builder_end(&b, &out));
    assert_int_equal(out.len, 2003);
    assert_int_equal(out.at[0], '<');
    assert_true(view_ends_with(out, VIEW(" x>!")));
    builder_format(&b, "%3000s", "x");
    assert_false(builder_end(&b, &out));
    arena_clear(&arena);
}

static void test_json_escapes(void **state)
{
    char buffer[256];
    assert_view(json(VIEW("plain /text"), buffer, sizeof buffer), "\"plain /text\"");
    assert_view(json(VIEW(""), buffer, sizeof buffer), "\"\"");
    assert_view(json(view_of(NULL), buffer, sizeof buffer), "\"\"");
    assert_view(json(VIEW("\"\\\b\f\n\r\t"), buffer, sizeof buffer), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    assert_view(json(VIEW("a\0\x1B[0m\x7F"), buffer, sizeof buffer),
                "\"a\\u0000\\u001b[0m\\u007f\"");
}

static void test_json_hides_no_hidden_characters(void **state)
{
    char buffer[256];
    assert_view(json(VIEW("x\xE2\x80\xA8y"), buffer, sizeof buffer), "\"x\\u2028y\"");
    assert_view(json(VIEW("\xE2\x80\xAE\xEF\xBB\xBF\xC2\x85"), buffer, sizeof buffer),
                "\"\\u202e\\ufeff\\u0085\"");
    assert_view(json(VIEW("\xC3\xA4\xF0\x9F\x98\x80"), buffer, sizeof buffer),
                "\"\xC3\xA4\xF0\x9F\x98\x80\"");
}

static void test_json_replaces_what_is_no_utf8(void **state)
{
    char buffer[256];
    assert_view(json(VIEW("a\xFF"), buffer, sizeof buffer), "\"a\xEF\xBF\xBD\"");
    assert_view(json(VIEW("\xE2\x82z"), buffer, sizeof buffer), "\"\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

/* What builder_json makes of one octet among ASCII, written down apart from it. */
static const char *escape_of(unsigned char c, char text[8])
{
    static const char short_forms[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    const char *at = c != 0 ? strchr(short_forms, c) : NULL;
    if (at != NULL)
        (void)snprintf(text, 8, "\\%c", letters[at - short_forms]);
    else if (c < 0x20 || c == 0x7F)
        (void)snprintf(text, 8, "\\u%04x", c);
    else if (c >= 0x80)
        (void)snprintf(text, 8, "\xEF\xBF\xBD");
    else
        (void)snprintf(text, 8, "%c", c);
    return text;
}

/* Runs are looked through eight octets at a time: each octet at each place of texts of each length.
 */
static void test_json_octets_at_all_places(void **state)
{
    for (unsigned c = 0; c <= 0xFF; c++) {
        for (size_t len = 1; len <= 18; len++) {
            for (size_t place = 0; place < len; place++) {
                char text[18];
                char buffer[64];
                char expected[64];
                char escape[8];
                memset(text, 'a', len);
                text[place] = (char)c;
                (void)snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)place,
                               "aaaaaaaaaaaaaaaaaa", escape_of((unsigned char)c, escape),
                               (int)(len - place - 1), "aaaaaaaaaaaaaaaaaa");
                assert_true(view_is(json(view_make(text, len), buffer, sizeof buffer), expected));
            }
        }
    }
}

static void test_json_takes_exactly_its_size(void **state)
{
    char buffer[7];
    struct builder b;
    struct view out;
    assert_view(json(VIEW("abcde"), buffer, sizeof buffer), "\"abcde\"");
    assert_view(json(VIEW("abc\n"), buffer, sizeof buffer), "\"abc\\n\"");
    builder_init_fixed(&b, buffer, sizeof buffer - 1);
    builder_json(&b, VIEW("abcde"));
    assert_false(builder_end(&b, &out));
    builder_init_fixed(&b, buffer, sizeof buffer - 1);
    builder_json(&b, VIEW("abc\n"));
    assert_false(builder_end(&b, &out));
}

static void test_int_of_every_length(void **state)
{
    static const int64_t steps[] = {1, 9, 10, 11, 90, 99};
    for (int64_t power = 1; power <= INT64_MAX / 1000; power *= 10) {
        for (size_t i = 0; i < 2 * ARRAY_LEN(steps); i++) {
            int64_t value = power * steps[i / 2] * (i % 2 == 0 ? 1 : -1) - 1;
            char buffer[20];
            char expected[24];
            struct builder b;
            struct view out;
            builder_init_fixed(&b, buffer, sizeof buffer);
            builder_int(&b, value);
            assert_true(builder_end(&b, &out));
            (void)snprintf(expected, sizeof expected, "%" PRId64, value);
            assert_true(view_is(out, expected));
        }
    }
}

static void test_instants_and_ids(void **state)
{
    static const struct id id = {{0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3,
                                  0x02, 0x09, 0x9a, 0x80, 0x57}};
    char buffer[26 + 38];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_instant(&b, 1795229153123);
    builder_id(&b, &id);
    assert_true(builder_end(&b, &out));
    assert_view(out, "\"2026-11-21T02:45:53.123Z\"\"01890a5d-ac96-774b-bcce-b302099a8057\"");
    builder_init_fixed(&b, buffer, 25);
    builder_instant(&b, 0);
    assert_false(builder_end(&b, &out));
    builder_init_fixed(&b, buffer, 37);
    builder_id(&b, &id);
    assert_false(builder_end(&b, &out));
}

static void test_members(void **state)
{
    char buffer[9];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_member(&b, '{', "a");
    builder_member(&b, ',', "");
    assert_true(builder_end(&b, &out));
    assert_view(out, "{\"a\":,\"\":");
    builder_init_fixed(&b, buffer, 4);
    builder_member(&b, '{', "a");
    assert_false(builder_end(&b, &out));
    /* Names of each length, where there is room for more and where there is just enough. */
    for (int len = 0; len < 40; len++) {
        char name[40] = {0};
        char text[100];
        char expected[48];
        memset(name, 'n', (size_t)len);
        (void)snprintf(expected, sizeof expected, ",\"%s\":", name);
        for (size_t size = (size_t)len + 3; size < sizeof text; size++) {
            builder_init_fixed(&b, text, size);
            builder_member(&b, ',', name);
            assert_int_equal(builder_end(&b, &out), size >= (size_t)len + 4);
            assert_true(b.failed || view_is(out, expected));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds),
        cmocka_unit_test(test_fixed_takes_exactly_its_size),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_grows_in_the_arena_to_its_maximum),
        cmocka_unit_test(test_empty_is_fine),
        cmocka_unit_test(test_fails_when_the_arena_does),
        cmocka_unit_test(test_long_format),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_json_hides_no_hidden_characters),
        cmocka_unit_test(test_json_replaces_what_is_no_utf8),
        cmocka_unit_test(test_json_octets_at_all_places),
        cmocka_unit_test(test_json_takes_exactly_its_size),
        cmocka_unit_test(test_int_of_every_length),
        cmocka_unit_test(test_instants_and_ids),
        cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests_name("builder", tests, NULL, NULL);
}
