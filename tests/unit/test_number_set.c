/* Sets of numbers against an array of flags. */
#include "unit.h"

#include "store/sqlite/number_set.h"

#define LIMIT 1000

static struct arena arena;
static uint32_t state_of_draw = 1;

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

static struct number_set make(bool flags[LIMIT], unsigned part)
{
    struct number_set set;
    assert_true(number_set_init(&set, LIMIT, &arena));
    for (int i = 0; i < LIMIT; i++) {
        state_of_draw = state_of_draw * 1664525 + 1013904223;
        flags[i] = (state_of_draw >> 16) % part == 0;
        if (flags[i]) {
            number_set_add(&set, i);
        }
    }
    return set;
}

static void check(const struct number_set *set, const bool flags[LIMIT])
{
    int64_t count = 0;
    int64_t next = number_set_next(set, 0);
    for (int i = 0; i < LIMIT; i++) {
        assert_int_equal(number_set_has(set, i), flags[i]);
        count += flags[i];
        if (flags[i]) {
            assert_int_equal(next, i);
            next = number_set_next(set, i + 1);
        }
    }
    assert_int_equal(next, -1);
    int64_t previous = number_set_previous(set, LIMIT + 500);
    for (int i = LIMIT - 1; i >= 0; i--) {
        if (flags[i]) {
            assert_int_equal(previous, i);
            previous = number_set_previous(set, i - 1);
        }
    }
    assert_int_equal(previous, -1);
    assert_int_equal(number_set_count(set), count);
}

static void test_operations(void **state)
{
    static bool a[LIMIT];
    static bool b[LIMIT];
    static bool wanted[LIMIT];
    for (unsigned part = 1; part < 200; part = part * 3 + 1) {
        for (int operation = 0; operation < 3; operation++) {
            struct number_set left = make(a, part);
            struct number_set right = make(b, 2);
            struct number_set copy;
            assert_true(number_set_copy(&copy, &left, &arena));
            for (int i = 0; i < LIMIT; i++) {
                wanted[i] = operation == 0   ? a[i] && b[i]
                            : operation == 1 ? a[i] || b[i]
                                             : a[i] && !b[i];
            }
            if (operation == 0) {
                number_set_keep(&left, &right);
            } else if (operation == 1) {
                number_set_unite(&left, &right);
            } else {
                number_set_remove(&left, &right);
            }
            check(&left, wanted);
            check(&copy, a);
        }
    }
}

static void test_numbers_beyond_are_in_no_set(void **state)
{
    struct number_set set;
    assert_true(number_set_init(&set, 64, &arena));
    number_set_add(&set, 64);
    number_set_add(&set, -1);
    number_set_add(&set, INT64_MAX);
    assert_int_equal(number_set_count(&set), 0);
    assert_false(number_set_has(&set, 64));
    assert_false(number_set_has(&set, -1));
    assert_true(number_set_init(&set, 0, &arena));
    assert_int_equal(number_set_count(&set), 0);
    assert_int_equal(number_set_next(&set, 0), -1);
    assert_int_equal(number_set_previous(&set, 10), -1);
}

static void test_words(void **state)
{
    static const uint64_t words[] = {1, 0, UINT64_C(1) << 63, 7};
    uint64_t back[4] = {0};
    struct number_set set;
    assert_true(number_set_init(&set, 320, &arena));
    number_set_add(&set, 65);
    number_set_add_words(&set, 64, words, 4);
    assert_int_equal(number_set_count(&set), 6);
    assert_true(number_set_has(&set, 64));
    assert_true(number_set_has(&set, 64 + 191));
    number_set_set_words(&set, 64, words, 4);
    assert_false(number_set_has(&set, 65));
    number_set_get_words(&set, 64, back, 4);
    assert_memory_equal(back, words, sizeof words);
    /* Those over the limit are dropped, and read as nothing. */
    number_set_add_words(&set, 256, words, 4);
    assert_int_equal(number_set_count(&set), 5);
    number_set_get_words(&set, 256, back, 4);
    assert_int_equal(back[1], 0);
}

static void test_json(void **state)
{
    struct number_set set;
    assert_true(number_set_init(&set, 2000000000, &arena));
    assert_true(view_is(number_set_json(&set, &arena), "[]"));
    number_set_add_range(&set, 7, 10);
    number_set_add_range(&set, 5, 5);
    number_set_add(&set, 1999999999);
    assert_true(view_is(number_set_json(&set, &arena), "[7,8,9,1999999999]"));
}

/* The place of each, what two sets share, and nothing after clear. */
static void test_places(void **state)
{
    static const int64_t numbers[] = {0, 1, 63, 64, 127, 129, 190, 191};
    struct number_set set;
    struct number_set other;
    assert_true(number_set_init(&set, 192, &arena));
    assert_true(number_set_init(&other, 192, &arena));
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        number_set_add(&set, numbers[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        assert_int_equal(number_set_at(&set, (int64_t)i), numbers[i]);
    }
    number_set_add_range(&other, 60, 128);
    assert_int_equal(number_set_count_common(&set, &other), 3);
    number_set_clear(&set);
    assert_int_equal(number_set_count(&set), 0);
    assert_int_equal(number_set_count_common(&set, &other), 0);
}

/* As one by one, whatever stands to the words and beyond the ends. */
static void test_range(void **state)
{
    static const int64_t edges[] = {-65, -64, -1, 0, 1, 63, 64, 65, 127, 128, 191, 192, 193, 300};
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        for (size_t j = i; j < ARRAY_LEN(edges); j++) {
            struct number_set set;
            struct number_set expected;
            assert_true(number_set_init(&set, 192, &arena));
            assert_true(number_set_init(&expected, 192, &arena));
            for (int64_t number = edges[i]; number < edges[j]; number++) {
                number_set_add(&expected, number);
            }
            number_set_add_range(&set, edges[i], edges[j]);
            assert_memory_equal(set.words, expected.words, 192 / 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_operations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers_beyond_are_in_no_set, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_range, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
