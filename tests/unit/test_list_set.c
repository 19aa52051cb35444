/* Sets of a block, kept as bits or as numbers: what is read back is what was added. */
#include "unit.h"

#include "store/sqlite/list_set.h"

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

/* Every step-th number, from first on. */
static void check(size_t first, size_t step, size_t count)
{
    struct list_set set;
    uint64_t bits[LIST_BLOCK_WORDS] = {0};
    assert_true(list_set_init(&set, count, &arena));
    for (size_t i = 0; i < count; i++) {
        list_set_add(&set, first + i * step);
    }
    struct view kept = list_set_view(&set);
    assert_int_equal(kept.len, 2 * count < LIST_BLOCK_BYTES ? 2 * count : LIST_BLOCK_BYTES);
    list_set_read(kept, bits);
    assert_int_equal(list_set_count(bits), count);
    for (size_t i = 0; i < count; i++) {
        size_t number = first + i * step;
        assert_true((bits[number / 64] >> (number % 64) & 1) != 0);
    }
}

static void test_round_trip(void **state)
{
    check(0, 1, 0);
    check(0, 1, 1);
    check(LIST_BLOCK - 1, 1, 1);
    check(63, 64, 400);
    check(1, 16, 1999); /* numbers, the most there are */
    check(0, 16, 2000); /* bits from here on */
    check(0, 1, LIST_BLOCK);
}

static void test_sets_add_up(void **state)
{
    uint64_t bits[LIST_BLOCK_WORDS] = {1};
    static const unsigned char two[] = {0x05, 0x00, 0xFF, 0x7C};
    list_set_read(view_make(two, sizeof two), bits);
    assert_int_equal(bits[0], 1 | 1 << 5);
    assert_int_equal(list_set_count(bits), 3);
    /* What no block can hold, and half a number, are nobody. */
    static const unsigned char bad[] = {0x00, 0x7D, 0xFF, 0xFF, 0x01};
    list_set_read(view_make(bad, sizeof bad), bits);
    assert_int_equal(list_set_count(bits), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sets_add_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
