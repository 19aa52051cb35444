#include "unit.h"

#include "base/utf8.h"

static void test_valid_at_the_edges(void **state)
{
    static const struct view good[] = {
        {NULL, 0},
        VIEW_INIT("plain"),
        VIEW_INIT("\0"),
        VIEW_INIT("\x7F"),
        VIEW_INIT("\xC2\x80"),         /* U+0080 */
        VIEW_INIT("\xDF\xBF"),         /* U+07FF */
        VIEW_INIT("\xE0\xA0\x80"),     /* U+0800 */
        VIEW_INIT("\xED\x9F\xBF"),     /* U+D7FF */
        VIEW_INIT("\xEE\x80\x80"),     /* U+E000 */
        VIEW_INIT("\xEF\xBF\xBF"),     /* U+FFFF */
        VIEW_INIT("\xF0\x90\x80\x80"), /* U+10000 */
        VIEW_INIT("\xF4\x8F\xBF\xBF"), /* U+10FFFF */
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(utf8_is_valid(good[i]));
}

static void test_refused(void **state)
{
    static const struct view bad[] = {
        VIEW_INIT("\x80"), /* a continuation alone */
        VIEW_INIT("\xBF"),
        VIEW_INIT("\xC0\x80"),         /* overlong NUL */
        VIEW_INIT("\xC1\xBF"),         /* overlong U+007F */
        VIEW_INIT("\xE0\x9F\xBF"),     /* overlong U+07FF */
        VIEW_INIT("\xF0\x8F\xBF\xBF"), /* overlong U+FFFF */
        VIEW_INIT("\xED\xA0\x80"),     /* surrogate U+D800 */
        VIEW_INIT("\xED\xBF\xBF"),     /* surrogate U+DFFF */
        VIEW_INIT("\xF4\x90\x80\x80"), /* U+110000 */
        VIEW_INIT("\xF8\x88\x80\x80\x80"),
        VIEW_INIT("\xFE"),
        VIEW_INIT("\xFF"),
        VIEW_INIT("\xC3"), /* cut */
        VIEW_INIT("\xE2\x82"),
        VIEW_INIT("\xF0\x9F\x98"),
        VIEW_INIT("\xC3("), /* no continuation */
        VIEW_INIT("\xE2\x82("),
        VIEW_INIT("\xF0\x9F\x98("),
        VIEW_INIT("fine until\xFFhere"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(utf8_is_valid(bad[i]));
}

/* Wherever it stands among characters of ASCII, which are looked at eight at a time. */
static void test_at_every_place(void **state)
{
    for (size_t len = 1; len <= 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[40];
            memset(text, 'a', sizeof text);
            text[at] = '\xFF';
            assert_false(utf8_is_valid(view_make(text, len)));
            text[at] = '\xC3';
            if (at + 1 < len)
                text[at + 1] = '\xA4';
            assert_int_equal(utf8_is_valid(view_make(text, len)), at + 1 < len);
        }
    }
}

static void test_length_counts_code_points(void **state)
{
    assert_int_equal(utf8_length(VIEW("")), 0);
    assert_int_equal(utf8_length(VIEW("abc")), 3);
    assert_int_equal(utf8_length(VIEW("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), 3);
}

static void test_next_walks(void **state)
{
    static const uint32_t expected[] = {'a', 0xE4, 0x20AC, 0x1F600};
    struct view rest = VIEW("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    uint32_t code_point;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_true(utf8_next(&rest, &code_point));
        assert_int_equal(code_point, expected[i]);
    }
    assert_false(utf8_next(&rest, &code_point));
}

static void test_next_survives_rubbish(void **state)
{
    struct view rest = VIEW("\xFF\xE2");
    uint32_t code_point;
    assert_true(utf8_next(&rest, &code_point));
    assert_int_equal(code_point, UTF8_REPLACEMENT);
    assert_true(utf8_next(&rest, &code_point));
    assert_int_equal(code_point, UTF8_REPLACEMENT);
    assert_false(utf8_next(&rest, &code_point));
}

static void test_encode(void **state)
{
    static const uint32_t code_points[] = {0,     'a',    0x7F,    0x80,    0x7FF,
                                           0x800, 0xFFFD, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < ARRAY_LEN(code_points); i++) {
        char out[UTF8_SIZE_MAX];
        uint32_t back = 1;
        size_t size = utf8_encode(code_points[i], out);
        assert_int_equal(utf8_decode(view_make(out, size), &back), size);
        assert_int_equal(back, code_points[i]);
    }
}

static void test_decode(void **state)
{
    uint32_t code_point = 99;
    assert_int_equal(utf8_decode(VIEW(""), &code_point), 0);
    assert_int_equal(utf8_decode(VIEW("\xC3"), &code_point), 0);
    assert_int_equal(code_point, 99);
    assert_int_equal(utf8_decode(VIEW("\xC3\xA4x"), &code_point), 2);
    assert_int_equal(code_point, 0xE4);
}

static void test_hidden(void **state)
{
    static const uint32_t hidden[] = {
        0x00,   0x0A,   0x1B,   0x1F,   0x7F,   0x80,   0x9F,   0x61C,  0x200B, 0x200C, 0x200D,
        0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0xFEFF,
    };
    static const uint32_t shown[] = {
        0x20,   0x7E,   0xA0,   0x61B,  0x61D,  0x200A, 0x2010, 0x2027,
        0x202F, 0x205F, 0x2061, 0x2065, 0x206A, 0xFEFE, 0xFF00, 0x1F600,
    };
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
        assert_true(utf8_is_hidden(hidden[i]));
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        assert_false(utf8_is_hidden(shown[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_at_the_edges),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_at_every_place),
        cmocka_unit_test(test_length_counts_code_points),
        cmocka_unit_test(test_next_walks),
        cmocka_unit_test(test_next_survives_rubbish),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_hidden),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
