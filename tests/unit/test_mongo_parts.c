/* Parts of texts, by which MongoDB finds people and products. */
#include "unit.h"

#include "mongo_library.h"
#include "store/mongo/parts.h"

static void assert_parts(const char *text, const char *const *expected)
{
    CLEANUP(parts_clear) struct parts parts = {.items = NULL};
    size_t count = 0;
    parts_add(&parts, view_of(text));
    parts_settle(&parts);
    for (; expected[count] != NULL; count++) {
        char room[PARTS_TEXT_SIZE];
        assert_true(count < parts.count);
        assert_true(view_is(parts_text(parts.items[count], room), expected[count]));
    }
    assert_int_equal(parts.count, count);
}
#define ASSERT_PARTS(text, ...) assert_parts(text, (const char *const[]){__VA_ARGS__, NULL})

static void test_parts_of_three_characters(void **state)
{
    ASSERT_PARTS("abcd", "abc", "bcd");
    ASSERT_PARTS("zab", "zab");
    ASSERT_PARTS("zaba", "aba", "zab"); /* in order */
    ASSERT_PARTS("aaaaa", "aaa");       /* each once */
    assert_parts("ab", (const char *const[]){NULL});
    assert_parts("", (const char *const[]){NULL});
}

static void test_characters_not_bytes(void **state)
{
    ASSERT_PARTS("\xC3\xA5sa", "\xC3\xA5sa");
    ASSERT_PARTS("\xF0\x9F\x90\x9D\xE7\xBE\x8E\xC3\xA5", "\xF0\x9F\x90\x9D\xE7\xBE\x8E\xC3\xA5");
    assert_parts("\xC3\xA5\xC3\xA5", (const char *const[]){NULL});
    /* What is no UTF-8 counts as one character each. */
    ASSERT_PARTS("a\xFF"
                 "b",
                 "a\xEF\xBF\xBD"
                 "b");
}

static void test_many_texts(void **state)
{
    CLEANUP(parts_clear) struct parts parts = {.items = NULL};
    char text[] = "a000";
    for (int i = 0; i < 1000; i++) {
        text[1] = (char)('0' + i / 100);
        text[2] = (char)('0' + i / 10 % 10);
        text[3] = (char)('0' + i % 10);
        parts_add(&parts, view_make(text, 4));
    }
    parts_settle(&parts);
    assert_int_equal(parts.count, 100 + 1000); /* "a00" to "a99", "000" to "999" */
    DOC_LOCAL(list);
    parts_write(&parts, &list);
    assert_int_equal(bson_count_keys(&list), parts.count);
    assert_view(doc_peek_text(&list, "0"), "000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_of_three_characters),
        cmocka_unit_test(test_characters_not_bytes),
        cmocka_unit_test(test_many_texts),
    };
    return cmocka_run_group_tests(tests, mongo_library, NULL);
}
