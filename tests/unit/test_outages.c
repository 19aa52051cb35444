/* Windows that are longer by the time in which the database was away. */
#include "unit.h"

#include "service/outages.h"

#define MS INT64_C(1000) /* in us */
#define NOW (INT64_C(500000) * MS)

static int64_t stretch(struct outages *outages, int64_t window_ms)
{
    return outages_stretch_ms(outages, window_ms, 0, NOW);
}

static void test_none(void **state)
{
    struct outages outages;
    outages_init(&outages);
    assert_int_equal(stretch(&outages, 30000), 0);
    assert_int_equal(stretch(&outages, 0), 0);
    outages_clear(&outages);
    (void)state;
}

/* One that began 50 s ago and ended 10 s ago. */
static void test_one(void **state)
{
    struct outages outages;
    outages_init(&outages);
    outages_note(&outages, NOW - 50000 * MS, NOW - 10000 * MS);
    assert_int_equal(stretch(&outages, 30000), 40000);
    assert_int_equal(stretch(&outages, 10001), 40000);
    assert_int_equal(stretch(&outages, 10000), 0); /* the window began when it ended */
    assert_int_equal(stretch(&outages, 5000), 0);
    assert_int_equal(stretch(&outages, 0), 0);
    outages_clear(&outages);
    (void)state;
}

/* Each counts as far as the window reaches, without those before it. */
static void test_several(void **state)
{
    struct outages outages;
    outages_init(&outages);
    outages_note(&outages, NOW - 100000 * MS, NOW - 80000 * MS);
    outages_note(&outages, NOW - 50000 * MS, NOW - 10000 * MS);
    outages_note(&outages, NOW - 5000 * MS, NOW - 2000 * MS);
    assert_int_equal(stretch(&outages, 2000), 0);
    assert_int_equal(stretch(&outages, 2001), 3000);
    assert_int_equal(stretch(&outages, 7000), 3000);
    assert_int_equal(stretch(&outages, 7001), 43000);
    assert_int_equal(stretch(&outages, 37000), 43000);
    assert_int_equal(stretch(&outages, 37001), 63000);
    outages_clear(&outages);
    (void)state;
}

static void test_one_that_goes_on(void **state)
{
    struct outages outages;
    outages_init(&outages);
    outages_note(&outages, NOW - 50000 * MS, NOW - 20000 * MS);
    assert_int_equal(outages_stretch_ms(&outages, 1, NOW - 4000 * MS, NOW), 4000);
    assert_int_equal(outages_stretch_ms(&outages, 16000, NOW - 4000 * MS, NOW), 4000);
    assert_int_equal(outages_stretch_ms(&outages, 16001, NOW - 4000 * MS, NOW), 34000);
    assert_int_equal(outages_stretch_ms(&outages, 0, NOW - 4000 * MS, NOW), 0);
    outages_clear(&outages);
    (void)state;
}

/* The oldest makes room: only the last ones count. */
static void test_room(void **state)
{
    struct outages outages;
    outages_init(&outages);
    for (int64_t i = 3 * OUTAGES_KEPT; i > 0; i--)
        outages_note(&outages, NOW - (2 * i + 1) * MS, NOW - 2 * i * MS);
    assert_int_equal(stretch(&outages, 1000000), OUTAGES_KEPT);
    assert_int_equal(stretch(&outages, 6), 4); /* 2 ms, then 1 ms between each two of them */
    outages_clear(&outages);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),    cmocka_unit_test(test_one),
        cmocka_unit_test(test_several), cmocka_unit_test(test_one_that_goes_on),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
