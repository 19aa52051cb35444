/* How many events are kept of what people can repeat at will. */
#include "unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "service/audit_limit.h"

#define NOW INT64_C(1800000000000)
#define TRIES 7000

static struct throttle *limit;

static int setup(void **state)
{
    limit = throttle_new();
    return limit != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    throttle_free(limit);
    return 0;
}

static int admitted(const struct audit_event *event, int tries, int64_t now_ms)
{
    int count = 0;

    for (int i = 0; i < tries; i++)
        count += audit_limit_admits(limit, event, now_ms) ? 1 : 0;
    return count;
}

static struct audit_event failure_from(struct view address)
{
    return (struct audit_event){.event = VIEW("login_failed"),
                                .outcome = AUDIT_FAILURE,
                                .actor = AUDIT_BY_NOBODY,
                                .address = address};
}

static void test_each_address_and_all_together(void **state)
{
    int total = 0;

    for (int i = 0; i < 20; i++) {
        char address[24];
        snprintf(address, sizeof(address), "192.0.2.%d", i);
        struct audit_event event = failure_from(view_of(address));
        int count = admitted(&event, TRIES, NOW);
        assert_true(count <= 600);
        assert_true(i > 0 || count == 600);
        total += count;
    }
    assert_int_equal(total, 5000);
    struct audit_event event = failure_from(VIEW("192.0.2.0"));
    assert_int_equal(admitted(&event, TRIES, NOW), 0);
    assert_int_equal(admitted(&event, TRIES, NOW + 3 * MS_PER_SECOND), 3);
}

static void test_each_person(void **state)
{
    struct audit_event event = {.event = VIEW("user_updated"),
                                .outcome = AUDIT_SUCCESS,
                                .actor = AUDIT_BY_USER,
                                .actor_id = {{1}},
                                .user_id = {{1}},
                                .address = VIEW("192.0.2.1")};

    assert_int_equal(admitted(&event, TRIES, NOW), 600);
    event.address = VIEW("192.0.2.2"); /* it is the person that counts */
    assert_int_equal(admitted(&event, TRIES, NOW), 0);
    event.actor_id = event.user_id = (struct id){{2}};
    assert_int_equal(admitted(&event, TRIES, NOW), 600);
}

static void test_always(void **state)
{
    struct audit_event to_another = {.event = VIEW("user_updated"),
                                     .outcome = AUDIT_SUCCESS,
                                     .actor = AUDIT_BY_USER,
                                     .actor_id = {{1}},
                                     .user_id = {{2}}};
    struct audit_event by_operator = {.event = VIEW("user_updated"),
                                      .outcome = AUDIT_SUCCESS,
                                      .actor = AUDIT_BY_SYSTEM,
                                      .user_id = {{2}}};
    struct audit_event lock = failure_from(VIEW("192.0.2.1"));
    lock.event = VIEW("account_locked");

    assert_int_equal(admitted(&to_another, TRIES, NOW), TRIES);
    assert_int_equal(admitted(&by_operator, TRIES, NOW), TRIES);
    assert_int_equal(admitted(&lock, TRIES, NOW), TRIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_address_and_all_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_person, setup, teardown),
        cmocka_unit_test_setup_teardown(test_always, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
