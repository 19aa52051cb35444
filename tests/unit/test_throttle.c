#include "unit.h"

#include <stdio.h>

#include "service/throttle.h"

#define LOGIN_BURST 100
#define NOW_MS INT64_C(1800000000000)

static int setup(void **state)
{
    *state = throttle_new();
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    throttle_free(*state);
    return 0;
}

static int64_t take(struct throttle *t, const char *address, int64_t now_ms)
{
    return throttle_take(t, THROTTLE_LOGIN, view_of(address), now_ms);
}

static void drain(struct throttle *t, const char *address)
{
    for (int i = 0; i < LOGIN_BURST; i++)
        assert_int_equal(take(t, address, NOW_MS), 0);
    assert_int_equal(take(t, address, NOW_MS), 1);
}

/* CHECKLIST E08: one address is stopped after its burst. */
static void test_burst_then_rate(void **state)
{
    drain(*state, "192.0.2.1");
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS + 499), 1);
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS + 500), 0);
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS + 500), 1);
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS + INT64_C(1000000000)), 0);
}

static void test_others_are_untouched(void **state)
{
    drain(*state, "192.0.2.1");
    assert_int_equal(take(*state, "192.0.2.2", NOW_MS), 0);
    assert_int_equal(throttle_take(*state, THROTTLE_REFRESH, VIEW("192.0.2.1"), NOW_MS), 0);
}

static void test_what_succeeded_is_given_back(void **state)
{
    drain(*state, "192.0.2.1");
    throttle_return(*state, THROTTLE_LOGIN, VIEW("192.0.2.1"), NOW_MS);
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS), 0);
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS), 1);
    /* Never above the burst. */
    for (int i = 0; i < 2 * LOGIN_BURST; i++)
        throttle_return(*state, THROTTLE_LOGIN, VIEW("192.0.2.1"), NOW_MS);
    drain(*state, "192.0.2.1");
}

static void test_ipv6_counts_as_its_64(void **state)
{
    drain(*state, "2001:db8:1:2::1");
    assert_int_equal(take(*state, "2001:db8:1:2:ffff::9", NOW_MS), 1);
    assert_int_equal(take(*state, "2001:db8:1:3::1", NOW_MS), 0);
}

static void test_mapped_ipv4_is_ipv4(void **state)
{
    drain(*state, "192.0.2.7");
    assert_int_equal(take(*state, "::ffff:192.0.2.7", NOW_MS), 1);
    assert_int_equal(take(*state, "::ffff:192.0.2.8", NOW_MS), 0);
}

static void test_time_that_goes_back_gives_nothing(void **state)
{
    drain(*state, "192.0.2.1");
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS - 60000), 1);
}

/* More addresses than buckets: memory stays, and those who have taken most are forgotten last. */
static void test_a_flood_forgets_the_fullest(void **state)
{
    char address[32];

    drain(*state, "192.0.2.1");
    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
        assert_int_equal(take(*state, address, NOW_MS), 0);
    }
    assert_int_equal(take(*state, "192.0.2.1", NOW_MS), 1);
}

static void test_any_text_is_an_address(void **state)
{
    assert_int_equal(throttle_take(*state, THROTTLE_LOGIN, (struct view){NULL, 0}, NOW_MS), 0);
    drain(*state, "not an address, and longer than any address could be, far longer");
}

/* Ten at once, then one in five seconds. */
static void test_password_changes_are_rare(void **state)
{
    struct view address = VIEW("192.0.2.1");

    for (int i = 0; i < 10; i++) {
        assert_int_equal(throttle_take(*state, THROTTLE_PASSWORD, address, NOW_MS), 0);
    }
    assert_int_equal(throttle_take(*state, THROTTLE_PASSWORD, address, NOW_MS), 5);
    assert_int_equal(throttle_take(*state, THROTTLE_PASSWORD, address, NOW_MS + 4999), 1);
    assert_int_equal(throttle_take(*state, THROTTLE_PASSWORD, address, NOW_MS + 5000), 0);
    assert_int_equal(throttle_take(*state, THROTTLE_PASSWORD, address, NOW_MS + 5000), 5);
    assert_int_equal(throttle_take(*state, THROTTLE_LOGIN, address, NOW_MS), 0);
}

static void test_places_of_one_address(void **state)
{
    static const char *const own[] = {"2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::1"};

    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        assert_true(throttle_enter(*state, THROTTLE_SHARE_HASHES, view_of(own[i]), 3));
    }
    assert_false(throttle_enter(*state, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:2::4"), 3));
    assert_true(throttle_enter(*state, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:3::1"), 3));
    throttle_leave(*state, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:2::4"));
    assert_true(throttle_enter(*state, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:2::1"), 3));
    assert_false(throttle_enter(*state, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:2::1"), 3));
    /* The shares do not take from each other. */
    assert_true(throttle_enter(*state, THROTTLE_SHARE_LISTS, VIEW("2001:db8:1:2::1"), 1));
    assert_false(throttle_enter(*state, THROTTLE_SHARE_LISTS, VIEW("2001:db8:1:2::2"), 1));
    throttle_leave(*state, THROTTLE_SHARE_LISTS, VIEW("2001:db8:1:2::3"));
    assert_true(throttle_enter(*state, THROTTLE_SHARE_LISTS, VIEW("2001:db8:1:2::1"), 1));
    assert_true(throttle_enter(NULL, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:2::1"), 0));
    throttle_leave(NULL, THROTTLE_SHARE_HASHES, VIEW("2001:db8:1:2::1"));
}

/* Who has left is forgotten: memory does not fill up. */
static void test_places_are_given_back(void **state)
{
    char address[32];

    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
        assert_true(throttle_enter(*state, THROTTLE_SHARE_HASHES, view_of(address), 1));
        assert_false(throttle_enter(*state, THROTTLE_SHARE_HASHES, view_of(address), 1));
        throttle_leave(*state, THROTTLE_SHARE_HASHES, view_of(address));
    }
}

static void test_no_throttle_lets_through(void **state)
{
    for (int i = 0; i < 2 * LOGIN_BURST; i++)
        assert_int_equal(take(NULL, "192.0.2.1", NOW_MS), 0);
    throttle_return(NULL, THROTTLE_LOGIN, VIEW("192.0.2.1"), NOW_MS);
    throttle_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_burst_then_rate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_are_untouched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_succeeded_is_given_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ipv6_counts_as_its_64, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mapped_ipv4_is_ipv4, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time_that_goes_back_gives_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_flood_forgets_the_fullest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_text_is_an_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_password_changes_are_rare, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places_of_one_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places_are_given_back, setup, teardown),
        cmocka_unit_test(test_no_throttle_lets_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
