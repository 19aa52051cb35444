/* Parts that many texts have, against a count of every part of every text. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "store/sqlite/search_grams.h"

#define TEXTS 200

static struct arena arena;
static struct view texts[TEXTS];

static int setup(void **state)
{
    static const char *const names[] = {"anna", "annabel", "\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD", "bo",
                                        "\xF0\x9F\x98\x80x\xF0\x9F\x98\x80"};
    arena_init(&arena, 0);
    for (int i = 0; i < TEXTS; i++) {
        texts[i] = arena_format(&arena, "%s%d\n%s%d@example.%s\n%s smith", names[i % 5], i,
                                i % 3 == 0 ? "" : names[i % 5], i, i % 2 == 0 ? "com" : "org",
                                i % 7 == 0 ? "" : names[i * 3 % 5]);
        assert_non_null(texts[i].at);
    }
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

static bool has_line(struct view text, struct view part, bool at_start)
{
    struct view line;
    while (view_split(&text, '\n', &line)) {
        for (size_t i = 0; i + part.len <= line.len && (i == 0 || !at_start); i++) {
            if (memcmp(line.at + i, part.at, part.len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static size_t count_texts(struct view part, bool at_start)
{
    size_t count = 0;
    for (int i = 0; i < TEXTS; i++) {
        count += has_line(texts[i], part, at_start);
    }
    return count;
}

static bool knows(struct search_grams *grams, struct view part, bool is_beginning)
{
    for (size_t i = 0; i < search_grams_count(grams); i++) {
        if (search_grams_is_beginning(grams, i) == is_beginning &&
            view_equal(search_grams_text(grams, i, &arena), part)) {
            return true;
        }
    }
    return false;
}

/* Nothing that is too rare, too short, or goes over a line. */
static void test_what_is_found_is_frequent(void **state)
{
    struct search_grams *grams = search_grams_mine(texts, TEXTS, 30, &arena);
    assert_non_null(grams);
    assert_true(search_grams_count(grams) > 50);
    for (size_t i = 0; i < search_grams_count(grams); i++) {
        struct view part = search_grams_text(grams, i, &arena);
        bool at_start = search_grams_is_beginning(grams, i);
        size_t chars = utf8_length(part);
        assert_true(utf8_is_valid(part));
        assert_true(at_start ? chars >= 1 && chars <= 2 : chars >= 3);
        assert_int_equal(view_find(part, '\n', 0), part.len);
        assert_true(count_texts(part, at_start) >= 30);
    }
}

static void check_parts_of(struct search_grams *grams, struct view line, size_t texts_min)
{
    for (size_t from = 0; from < line.len; from++) {
        for (size_t len = 1; from + len <= line.len; len++) {
            struct view part = view_sub(line, from, len);
            bool at_start = utf8_length(part) < 3;
            if (utf8_is_valid(part) && (!at_start || from == 0)) {
                assert_int_equal(knows(grams, part, at_start),
                                 count_texts(part, at_start) >= texts_min);
            }
        }
    }
}

/* Every part of some texts: found if and only if it is frequent. */
static void test_what_is_frequent_is_found(void **state)
{
    struct search_grams *grams = search_grams_mine(texts, TEXTS, 25, &arena);
    assert_non_null(grams);
    for (int i = 0; i < TEXTS; i += 37) {
        struct view rest = texts[i];
        struct view line;
        while (view_split(&rest, '\n', &line)) {
            check_parts_of(grams, line, 25);
        }
    }
}

/* In any text, each once. */
static void test_finding(void **state)
{
    struct search_grams *grams = search_grams_mine(texts, TEXTS, 30, &arena);
    assert_non_null(grams);
    const struct view others[] = {
        texts[3],       texts[8], VIEW("annaannaanna\nanna"), VIEW(""), VIEW("\xFF\xFFsmith\n\n"),
        VIEW("smi\nth")};
    for (size_t k = 0; k < ARRAY_LEN(others); k++) {
        const uint32_t *found = NULL;
        size_t count = search_grams_find(grams, others[k], &found);
        size_t wanted = 0;
        for (size_t i = 0; i < search_grams_count(grams); i++) {
            wanted += has_line(others[k], search_grams_text(grams, i, &arena),
                               search_grams_is_beginning(grams, i));
        }
        assert_int_equal(count, wanted);
        for (size_t i = 0; i < count; i++) {
            assert_true(has_line(others[k], search_grams_text(grams, found[i], &arena),
                                 search_grams_is_beginning(grams, found[i])));
        }
    }
}

/* The longest parts are left out, nothing else. */
static void test_bounds(void **state)
{
    static char long_text[400];
    struct view same[2] = {view_make(long_text, sizeof long_text),
                           view_make(long_text, sizeof long_text)};
    for (size_t i = 0; i < sizeof long_text; i++) {
        long_text[i] = (char)('!' + i * 7 % 90);
    }
    struct search_grams *grams = search_grams_mine(same, 2, 2, &arena);
    assert_non_null(grams);
    assert_true(search_grams_count(grams) <= SEARCH_GRAMS_MAX);
    size_t longest = 0;
    for (size_t i = 0; i < search_grams_count(grams); i++) {
        size_t len = search_grams_text(grams, i, &arena).len;
        longest = len > longest ? len : longest;
    }
    assert_true(longest <= SEARCH_GRAMS_CHARS_MAX);
    assert_true(knows(grams, view_sub(same[0], 10, 3), false));
    assert_int_equal(search_grams_count(search_grams_mine(NULL, 0, 1, &arena)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_found_is_frequent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_frequent_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
