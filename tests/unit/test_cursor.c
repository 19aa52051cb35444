/* Cursors: a round trip, and every way in which one is not ours. */
#include "unit.h"

#include "service/cursor.h"

static const struct secret master = {{1, 2, 3}};
static const struct secret other_master = {{1, 2, 4}};
static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

static struct view write_text(struct view text)
{
    struct cursor cursor = {.backward = false};

    cursor_add_text(&cursor, text);
    return cursor_write(&master, VIEW("users sort=name"), &cursor, &arena);
}

static struct view write_one(struct view position)
{
    struct view text = write_text(position);

    assert_non_null(text.at);
    return text;
}

static bool reads(struct view text, struct view question, const struct secret *secret)
{
    struct cursor cursor;

    return cursor_read(secret, question, text, &arena, &cursor);
}

static struct cursor read_back(const struct cursor *cursor)
{
    struct view text = cursor_write(&master, VIEW("q"), cursor, &arena);
    struct cursor out;

    assert_non_null(text.at);
    assert_true(text.len <= CURSOR_TEXT_MAX_BYTES);
    assert_true(cursor_read(&master, VIEW("q"), text, &arena, &out));
    assert_int_equal(out.count, cursor->count);
    assert_int_equal(out.backward, cursor->backward);
    return out;
}

static void test_round_trip(void **state)
{
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN};
    char long_text[CURSOR_POSITION_MAX_BYTES - 3];
    memset(long_text, 0xA5, sizeof(long_text));
    const struct view texts[] = {VIEW(""), VIEW("x"), VIEW("a\0b"),
                                 view_make(long_text, sizeof(long_text))};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct cursor cursor = {.backward = i % 2 != 0};

        cursor_add_text(&cursor, texts[i]);
        cursor = read_back(&cursor);
        assert_true(view_equal(cursor_text(&cursor, 0), texts[i]));
        assert_non_null(cursor_text(&cursor, 0).at);
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct cursor cursor = {.backward = true};

        cursor_add_number(&cursor, numbers[i]);
        cursor = read_back(&cursor);
        assert_int_equal(cursor_number(&cursor, 0), numbers[i]);
    }
}

static void test_values_of_all_kinds(void **state)
{
    const struct id id = {{1, 2, 3, [15] = 4}};
    struct cursor cursor = {.backward = false};

    cursor = read_back(&cursor);
    assert_null(cursor_text(&cursor, 0).at);
    cursor_add_id(&cursor, &id);
    cursor_add_text(&cursor, view_make(NULL, 0));
    while (cursor.count < CURSOR_VALUES_MAX) {
        cursor_add_number(&cursor, (int64_t)cursor.count);
    }
    cursor = read_back(&cursor);
    struct id back = cursor_id(&cursor, 0);
    assert_true(id_equal(&back, &id));
    assert_null(cursor_text(&cursor, 1).at);
    assert_int_equal(cursor_number(&cursor, CURSOR_VALUES_MAX - 1), CURSOR_VALUES_MAX - 1);
    /* Of another kind, or not there. */
    back = cursor_id(&cursor, 2);
    assert_true(id_is_nil(&back));
    assert_int_equal(cursor_number(&cursor, 0), 0);
    assert_int_equal(cursor_number(&cursor, CURSOR_VALUES_MAX), 0);
}

static void test_too_long_a_position_is_refused(void **state)
{
    static const char text[CURSOR_POSITION_MAX_BYTES];

    assert_null(write_text(view_make(text, sizeof(text))).at);
}

static void test_foreign_ones_are_refused(void **state)
{
    struct view text = write_one(VIEW("position"));

    assert_true(reads(text, VIEW("users sort=name"), &master));
    assert_false(reads(text, VIEW("users sort=age"), &master));
    assert_false(reads(text, VIEW("users"), &master));
    assert_false(reads(text, VIEW(""), &master));
    assert_false(reads(text, VIEW("users sort=name"), &other_master));
}

static void test_altered_ones_are_refused(void **state)
{
    struct view text = write_one(VIEW("position"));
    char altered[256];

    assert_true(text.len < sizeof(altered));
    for (size_t i = 0; i < text.len; i++) {
        memcpy(altered, text.at, text.len);
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        assert_false(reads(view_make(altered, text.len), VIEW("users sort=name"), &master));
        assert_false(reads(view_sub(text, 0, i), VIEW("users sort=name"), &master));
    }
    memcpy(altered, text.at, text.len);
    altered[text.len] = 'A';
    assert_false(reads(view_make(altered, text.len + 1), VIEW("users sort=name"), &master));
    memset(altered, 'A', sizeof(altered));
    assert_false(reads(view_make(altered, sizeof(altered)), VIEW("users sort=name"), &master));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_of_all_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_long_a_position_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_ones_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_altered_ones_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
