#include "unit.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/ticker.h"

#define LONG_MS INT64_C(3600000)
#define PROMPT_US INT64_C(2000000)

static _Atomic int turns;

static void count(struct ticker *ticker, void *context)
{
    atomic_fetch_add((_Atomic int *)context, 1);
    assert_false(ticker == NULL);
}

static void test_turn_after_turn(void **state)
{
    struct ticker *ticker = ticker_start(1, count, &turns);

    assert_non_null(ticker);
    while (atomic_load(&turns) < 3) {
        sched_yield();
    }
    assert_false(ticker_is_stopping(ticker));
    ticker_stop(ticker);
}

/* A long wait ends at once, without a turn. */
static void test_stops_promptly(void **state)
{
    int64_t began_us = clock_monotonic_us();
    _Atomic int none = 0;
    struct ticker *ticker = ticker_start(LONG_MS, count, &none);

    assert_non_null(ticker);
    ticker_stop(ticker);
    assert_int_equal(atomic_load(&none), 0);
    assert_true(clock_monotonic_us() - began_us < PROMPT_US);
    ticker_stop(NULL);
}

static void until_stopped(struct ticker *ticker, void *context)
{
    atomic_store((_Atomic int *)context, 1);
    while (!ticker_is_stopping(ticker)) {
        sched_yield();
    }
    atomic_store((_Atomic int *)context, 2);
}

/* A turn under way sees it, and is waited for. */
static void test_a_turn_can_end_early(void **state)
{
    _Atomic int where = 0;
    struct ticker *ticker = ticker_start(1, until_stopped, &where);

    assert_non_null(ticker);
    while (atomic_load(&where) == 0) {
        sched_yield();
    }
    ticker_stop(ticker);
    assert_int_equal(atomic_load(&where), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turn_after_turn),
        cmocka_unit_test(test_stops_promptly),
        cmocka_unit_test(test_a_turn_can_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
