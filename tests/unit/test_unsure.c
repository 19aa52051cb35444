/* Refreshes that had no answer. */
#include "unit.h"

#include <pthread.h>

#include "service/unsure.h"

#define NOW INT64_C(1800000000000)
#define MANY 100000

static struct id id_of(unsigned number)
{
    return (struct id){{[0] = 1,
                        [12] = (uint8_t)(number >> 24),
                        [13] = (uint8_t)(number >> 16),
                        [14] = (uint8_t)(number >> 8),
                        [15] = (uint8_t)number}};
}

static void test_first_time_counts(void **state)
{
    struct unsure *unsure = unsure_new();
    const struct id one = id_of(1);
    const struct id two = id_of(2);
    assert_non_null(unsure);
    assert_int_equal(unsure_since(unsure, &one, 7), 0);
    unsure_forget(unsure, &one, 7);
    unsure_note(unsure, &one, 7, NOW);
    unsure_note(unsure, &one, 7, NOW + 5000);
    unsure_note(unsure, &two, 7, NOW + 1);
    assert_int_equal(unsure_since(unsure, &one, 7), NOW);
    assert_int_equal(unsure_since(unsure, &two, 7), NOW + 1);
    assert_int_equal(unsure_since(unsure, &one, 8), 0);
    assert_int_equal(unsure_since(unsure, &one, 6), 0);
    unsure_forget(unsure, &one, 7);
    unsure_forget(unsure, &two, 6);
    assert_int_equal(unsure_since(unsure, &one, 7), 0);
    assert_int_equal(unsure_since(unsure, &two, 7), NOW + 1);
    unsure_free(unsure);
    unsure_free(NULL);
}

static void test_the_oldest_make_room(void **state)
{
    struct unsure *unsure = unsure_new();
    unsigned known = 0;
    for (unsigned i = 0; i < MANY; i++) {
        const struct id id = id_of(i);
        unsure_note(unsure, &id, 1, NOW + (int64_t)i);
    }
    for (unsigned i = 0; i < MANY; i++) {
        const struct id id = id_of(i);
        known += unsure_since(unsure, &id, 1) != 0;
    }
    assert_true(known >= 1000 && known <= 10000);
    const struct id last = id_of(MANY - 1);
    assert_int_equal(unsure_since(unsure, &last, 1), NOW + MANY - 1);
    unsure_free(unsure);
}

static void *note_many(void *context)
{
    for (unsigned i = 0; i < 2000; i++) {
        const struct id id = id_of(i);
        unsure_note(context, &id, 1, NOW);
        assert_true(unsure_since(context, &id, 2) == 0);
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    struct unsure *unsure = unsure_new();
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_many, unsure), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    const struct id id = id_of(5);
    assert_int_equal(unsure_since(unsure, &id, 1), NOW);
    unsure_free(unsure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_time_counts),
        cmocka_unit_test(test_the_oldest_make_room),
        cmocka_unit_test(test_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
