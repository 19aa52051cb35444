/* What is cleared away, and that the feed does not wait for it. */
#include "service_fixture.h"

#include <sched.h>

#include "base/clock.h"
#include "crypto/password_memory.h"
#include "service/housekeeping.h"

#define WAIT_US INT64_C(5000000)

static struct service_fixture f;

static int setup(void **state)
{
    service_fixture_open(&f, NULL);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_hold_purge(false);
    service_fixture_close(&f);
    return 0;
}

static void wait_for_purge(struct purge_limits *limits)
{
    int64_t until_us = clock_monotonic_us() + WAIT_US;

    while (!service_fixture_purge(limits)) {
        assert_true(clock_monotonic_us() < until_us);
        sched_yield();
    }
}

/* Found in review: rows of attempts, which any name typed makes, were kept a day. */
static void test_what_is_kept(void **state)
{
    struct housekeeping *housekeeping = housekeeping_start(f.service, 1);
    struct purge_limits limits;

    assert_non_null(housekeeping);
    wait_for_purge(&limits);
    housekeeping_stop(housekeeping);
    assert_int_equal(FIXTURE_START_MS - limits.attempts_before_ms, 10 * 60 * 1000);
    assert_int_equal(FIXTURE_START_MS - limits.changes_before_ms, S_PER_DAY * MS_PER_SECOND);
    assert_int_equal(FIXTURE_START_MS - limits.sessions_before_ms, 30 * S_PER_DAY * MS_PER_SECOND);
    assert_int_equal(limits.now_ms, FIXTURE_START_MS);
}

static bool is_refused_soon(struct view token)
{
    int64_t until_us = clock_monotonic_us() + WAIT_US;

    while (clock_monotonic_us() < until_us) {
        if (service_fixture_authenticate(&f, token) == RESULT_INVALID_TOKEN) {
            return true;
        }
        sched_yield();
    }
    return false;
}

/* As another node does it: only the feed's thread can tell. */
static void assert_end_is_seen(const struct auth_grant *grant)
{
    assert_int_equal(
        store_session_end(f.handle, &grant->user.id, &grant->session_id, FIXTURE_START_MS),
        RESULT_OK);
    assert_true(is_refused_soon(grant->access_token));
}

/* Found in review: a purge that waited for the database's lock kept the feed from being read. */
static void test_the_feed_does_not_wait(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second = service_fixture_signup(&f, "bob");
    struct housekeeping *housekeeping;
    struct purge_limits limits;

    service_fixture_hold_purge(true);
    housekeeping = housekeeping_start(f.service, 1);
    assert_non_null(housekeeping);
    wait_for_purge(&limits);
    assert_end_is_seen(&first);
    /* By now the feed's thread has had its turn, and has the next one. */
    assert_end_is_seen(&second);
    assert_true(service_is_fresh(f.service));
    service_fixture_hold_purge(false);
    housekeeping_stop(housekeeping);
    housekeeping_stop(NULL);
}

/* Hashes leave their memory to the next ones, but not for ever. */
static void test_memory_of_hashes_goes_back(void **state)
{
    struct password_memory *memory = service_get_options(f.service)->password_params.memory;
    int64_t until_us = clock_monotonic_us() + WAIT_US;
    struct housekeeping *housekeeping;

    (void)service_fixture_signup(&f, "alice");
    assert_int_equal(password_memory_count(memory), 1);
    housekeeping = housekeeping_start(f.service, 1);
    assert_non_null(housekeeping);
    while (password_memory_count(memory) > 0) {
        assert_true(clock_monotonic_us() < until_us);
        sched_yield();
    }
    housekeeping_stop(housekeeping);
    (void)service_fixture_signup(&f, "bob");
    assert_int_equal(password_memory_count(memory), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_feed_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_of_hashes_goes_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
