#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ticker.h"

#define LONG_MS INT64_C(3600000)
#define SOME_MS INT64_C(400)
#define WORDS 10
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

static int pipe_ends[2];

/* Counts, takes what was said, and listens on. */
static void count_words(struct ticker *ticker, void *context)
{
    char words[16];

    (void)read(pipe_ends[0], words, sizeof words);
    atomic_fetch_add((_Atomic int *)context, 1);
    ticker_wake_on(ticker, pipe_ends[0]);
}

static void wait_for_turns(_Atomic int *counter, int least)
{
    while (atomic_load(counter) < least) {
        sched_yield();
    }
}

/* What is said ends a wait, that of the first period excepted; each time. */
static void test_wakes_early(void **state)
{
    _Atomic int words = 0;
    struct ticker *ticker;
    int64_t began_us;

    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
    ticker = ticker_start(SOME_MS, count_words, &words);
    assert_non_null(ticker);
    wait_for_turns(&words, 1);
    began_us = clock_monotonic_us();
    for (int i = 0; i < WORDS; i++) {
        int before = atomic_load(&words);
        assert_int_equal(write(pipe_ends[1], "x", 1), 1);
        wait_for_turns(&words, before + 1);
    }
    /* By time alone they would have taken all of it. */
    assert_true(clock_monotonic_us() - began_us < (WORDS - 1) * SOME_MS * US_PER_MS);
    ticker_stop(ticker);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
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
        cmocka_unit_test(test_wakes_early),
        cmocka_unit_test(test_a_turn_can_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
