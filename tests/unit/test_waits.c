#include "unit.h"

#include "base/attributes.h"
#include "http/waits.h"

static const struct waits fresh_waits = {
    .limit_ms =
        {
            [WAIT_FRESH] = 10000,
            [WAIT_IDLE] = 75000,
            [WAIT_HEAD] = 10000,
            [WAIT_BODY] = 20000,
            [WAIT_SEND] = 60000,
            [WAIT_LINGER] = 2000,
        },
};

static void test_nothing_waits(void **state)
{
    struct waits waits = fresh_waits;
    assert_null(waits_overdue(&waits, WAIT_CALM, 1000000));
    assert_int_equal(waits_sleep_ms(&waits, WAIT_CALM, 0), -1);
}

/* H05: the deadline is absolute, and exact. */
static void test_each_kind_has_its_limit(void **state)
{
    for (enum wait_kind kind = 0; kind < WAIT_WORK; kind++) {
        struct waits waits = fresh_waits;
        struct wait one = {.listed = false};
        int64_t limit_ms = waits.limit_ms[kind];
        waits_move(&waits, &one, kind, 500);
        assert_int_equal(waits_sleep_ms(&waits, WAIT_CALM, 600), limit_ms - 100);
        assert_null(waits_overdue(&waits, WAIT_CALM, 500 + limit_ms - 1));
        assert_ptr_equal(waits_overdue(&waits, WAIT_CALM, 500 + limit_ms), &one);
        assert_int_equal(waits_sleep_ms(&waits, WAIT_CALM, 500 + limit_ms + 7), 0);
        waits_remove(&waits, &one);
        assert_null(waits_overdue(&waits, WAIT_CALM, 500 + limit_ms));
    }
}

static void test_work_is_never_ended(void **state)
{
    struct waits waits = fresh_waits;
    struct wait one = {.listed = false};
    waits_move(&waits, &one, WAIT_WORK, 0);
    for (enum wait_pressure pressure = WAIT_CALM; pressure <= WAIT_DRAINING; pressure++) {
        assert_null(waits_overdue(&waits, pressure, INT64_MAX / 2));
        assert_int_equal(waits_sleep_ms(&waits, pressure, 0), -1);
    }
}

/* Whoever began first ends first, also when it comes late from another list. */
static void test_order_of_beginning(void **state)
{
    struct waits waits = fresh_waits;
    struct wait waiting[4] = {{.listed = false}};
    waits_move(&waits, &waiting[0], WAIT_HEAD, 100);
    waits_move(&waits, &waiting[1], WAIT_HEAD, 300);
    waits_move(&waits, &waiting[2], WAIT_HEAD, 200);
    waits_move(&waits, &waiting[3], WAIT_HEAD, 50);
    static const size_t order[] = {3, 0, 2, 1};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        struct wait *next = waits_overdue(&waits, WAIT_CALM, 1000000);
        assert_ptr_equal(next, &waiting[order[i]]);
        waits_remove(&waits, next);
    }
    assert_null(waits.first[WAIT_HEAD]);
    assert_null(waits.last[WAIT_HEAD]);
}

static void test_moving_begins_anew(void **state)
{
    struct waits waits = fresh_waits;
    struct wait one = {.listed = false};
    waits_move(&waits, &one, WAIT_IDLE, 0);
    waits_move(&waits, &one, WAIT_IDLE, 70000);
    assert_null(waits_overdue(&waits, WAIT_CALM, 80000));
    assert_ptr_equal(waits_overdue(&waits, WAIT_CALM, 145000), &one);
}

/* H06: who asks for nothing makes room. */
static void test_crowds_end_the_quiet(void **state)
{
    struct waits waits = fresh_waits;
    struct wait idle = {.listed = false};
    waits_move(&waits, &idle, WAIT_IDLE, 0);
    assert_null(waits_overdue(&waits, WAIT_CALM, 1000));
    assert_null(waits_overdue(&waits, WAIT_CROWD, 999));
    assert_ptr_equal(waits_overdue(&waits, WAIT_CROWD, 1000), &idle);
    assert_ptr_equal(waits_overdue(&waits, WAIT_FULL, 200), &idle);
    assert_ptr_equal(waits_overdue(&waits, WAIT_DRAINING, 100), &idle);
    assert_null(waits_overdue(&waits, WAIT_DRAINING, 99));
}

/* Half a request is still given its time when the server stops. */
static void test_draining_leaves_requests(void **state)
{
    struct waits waits = fresh_waits;
    struct wait head = {.listed = false};
    struct wait body = {.listed = false};
    waits_move(&waits, &head, WAIT_HEAD, 0);
    waits_move(&waits, &body, WAIT_BODY, 0);
    assert_null(waits_overdue(&waits, WAIT_DRAINING, 9999));
    assert_ptr_equal(waits_overdue(&waits, WAIT_DRAINING, 10000), &head);
}

/* A byte now and then keeps no place in a crowd; a slow line does. */
static void test_crowds_end_the_stalled(void **state)
{
    struct waits waits = fresh_waits;
    struct wait drips = {.listed = false};
    struct wait flows = {.listed = false};
    waits_move(&waits, &drips, WAIT_BODY, 0);
    waits_move(&waits, &flows, WAIT_BODY, 0);
    assert_true(waits_sleep_ms(&waits, WAIT_CROWD, 0) <= 20);
    drips.moved = 1023;
    flows.moved = 1024;
    assert_ptr_equal(waits_overdue(&waits, WAIT_CROWD, 2000), &drips);
    waits_remove(&waits, &drips);
    assert_null(waits_overdue(&waits, WAIT_CROWD, 2000));
    assert_null(waits_overdue(&waits, WAIT_CROWD, 3980));
    assert_ptr_equal(waits_overdue(&waits, WAIT_CROWD, 4000), &flows);
    assert_null(waits_overdue(&waits, WAIT_CALM, 4000));
    assert_ptr_equal(waits_overdue(&waits, WAIT_CALM, 20000), &flows);
}

static void count_more(struct wait *wait)
{
    wait->moved += 2000;
}

static void test_the_owner_counts_answers(void **state)
{
    struct waits waits = fresh_waits;
    struct wait one = {.listed = false};
    waits.refresh = count_more;
    waits_move(&waits, &one, WAIT_SEND, 0);
    assert_null(waits_overdue(&waits, WAIT_FULL, 500));
    waits.refresh = NULL;
    assert_ptr_equal(waits_overdue(&waits, WAIT_FULL, 1000), &one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_waits),
        cmocka_unit_test(test_each_kind_has_its_limit),
        cmocka_unit_test(test_work_is_never_ended),
        cmocka_unit_test(test_order_of_beginning),
        cmocka_unit_test(test_moving_begins_anew),
        cmocka_unit_test(test_crowds_end_the_quiet),
        cmocka_unit_test(test_draining_leaves_requests),
        cmocka_unit_test(test_crowds_end_the_stalled),
        cmocka_unit_test(test_the_owner_counts_answers),
    };
    return cmocka_run_group_tests_name("waits", tests, NULL, NULL);
}
