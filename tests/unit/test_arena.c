#include "unit.h"

#include <stdalign.h>

#include "base/arena.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
    static const unsigned char zeros[4096];
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t size = 0; size < sizeof zeros; size = size * 2 + 1) {
        unsigned char *taken = arena_take(&arena, size);
        assert_non_null(taken);
        assert_int_equal((uintptr_t)taken % alignof(max_align_t), 0);
        assert_memory_equal(taken, zeros, size);
        memset(taken, 0xA5, size);
    }
    arena_clear(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_null(arena.chunk);
}

static void test_blocks_do_not_overlap(void **state)
{
    enum { COUNT = 2000 };
    struct arena arena;
    arena_init(&arena, 0);
    unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i % 100 == 99 ? 100000 : i % 97 + 1; /* some larger than any chunk */
        blocks[i] = arena_take(&arena, size);
        assert_non_null(blocks[i]);
        memset(blocks[i], (int)(i & 0xFF), size);
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i % 100 == 99 ? 100000 : i % 97 + 1;
        for (size_t k = 0; k < size; k++)
            assert_true(blocks[i][k] == (i & 0xFF));
    }
    arena_clear(&arena);
}

static void test_limit_refuses(void **state)
{
    struct arena arena;
    arena_init(&arena, 1024);
    assert_null(arena_take(&arena, 1025));
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 100));
    assert_non_null(arena_take(&arena, 1008));
    assert_non_null(arena_take(&arena, 16));
    assert_null(arena_take(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 1024));
    arena_clear(&arena);
}

static void test_overflow_refuses_without_limit(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy(&arena, view_make("x", SIZE_MAX)));
    assert_null(arena_copy_view(&arena, view_make("x", SIZE_MAX)).at);
    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena_take_array(&arena, 3, 7));
    arena_clear(&arena);
}

static void test_reset_wipes_and_keeps_a_chunk(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    char *secret = arena_copy(&arena, VIEW("secret secret secret"));
    assert_non_null(secret);
    arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena.chunk);
    char *again = arena_take(&arena, 20);
    assert_ptr_equal(again, secret); /* the same memory, and nothing left in it */
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(again[i], 0);
    arena_clear(&arena);
}

static void test_reset_keeps_no_giant(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    assert_non_null(arena_take(&arena, (size_t)1024 * 1024));
    arena_reset(&arena);
    assert_null(arena.chunk);
    arena_clear(&arena);
}

static void test_copies(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    assert_string_equal(arena_copy(&arena, view_make("abcdef", 3)), "abc");
    assert_string_equal(arena_copy(&arena, view_of(NULL)), "");
    assert_view(arena_copy_view(&arena, VIEW("a\0b")), "a\0b");
    assert_non_null(arena_copy_view(&arena, view_of(NULL)).at);
    assert_view(arena_format(&arena, "%d-%s", 7, "x"), "7-x");
    assert_view(arena_format(&arena, "%s", ""), "");
    arena_clear(&arena);

    arena_init(&arena, 16);
    assert_null(arena_format(&arena, "%s", "longer than sixteen bytes").at);
    assert_null(arena_copy(&arena, VIEW("longer than sixteen bytes")));
    arena_clear(&arena);
}

static char order[8];
static size_t order_len;

static void note(void *resource)
{
    order[order_len++] = *(const char *)resource;
}

static void test_disposers_run_newest_first(void **state)
{
    static char names[] = "abc";
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(arena_on_clear(&arena, note, &names[i]));
    order_len = 0;
    arena_reset(&arena);
    assert_int_equal(order_len, 3);
    assert_memory_equal(order, "cba", 3);

    assert_true(arena_on_clear(&arena, note, &names[0]));
    arena_clear(&arena);
    assert_int_equal(order_len, 4);
    arena_clear(&arena); /* once only */
    assert_int_equal(order_len, 4);
}

static void test_disposer_is_refused_without_memory(void **state)
{
    static char name = 'x';
    struct arena arena;
    arena_init(&arena, 1);
    order_len = 0;
    assert_false(arena_on_clear(&arena, note, &name));
    arena_clear(&arena);
    assert_int_equal(order_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_blocks_do_not_overlap),
        cmocka_unit_test(test_limit_refuses),
        cmocka_unit_test(test_overflow_refuses_without_limit),
        cmocka_unit_test(test_reset_wipes_and_keeps_a_chunk),
        cmocka_unit_test(test_reset_keeps_no_giant),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_disposers_run_newest_first),
        cmocka_unit_test(test_disposer_is_refused_without_memory),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
