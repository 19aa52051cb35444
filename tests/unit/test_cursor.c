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

static struct view write_one(struct view position)
{
    struct view text = cursor_write(&master, VIEW("users sort=name"), position, &arena);

    assert_non_null(text.at);
    return text;
}

static bool reads(struct view text, struct view question, const struct secret *secret)
{
    struct view position;

    return cursor_read(secret, question, text, &arena, &position);
}

static void test_round_trip(void **state)
{
    char long_text[CURSOR_POSITION_MAX_BYTES];
    memset(long_text, 0xA5, sizeof(long_text));
    const struct view positions[] = {VIEW(""), VIEW("x"), VIEW("a\0b"),
                                     view_make(long_text, sizeof(long_text))};

    for (size_t i = 0; i < ARRAY_LEN(positions); i++) {
        struct view text = write_one(positions[i]);
        struct view position;

        assert_true(text.len <= CURSOR_TEXT_MAX_BYTES);
        assert_true(cursor_read(&master, VIEW("users sort=name"), text, &arena, &position));
        assert_true(view_equal(position, positions[i]));
    }
}

static void test_too_long_a_position_is_refused(void **state)
{
    static const char text[CURSOR_POSITION_MAX_BYTES + 1];

    assert_null(cursor_write(&master, VIEW("q"), view_make(text, sizeof(text)), &arena).at);
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
        cmocka_unit_test_setup_teardown(test_too_long_a_position_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_ones_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_altered_ones_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
