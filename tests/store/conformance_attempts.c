/* Counting failed attempts, and the settings that the first start decides. */
#include "conformance.h"

#include "fixture.h"

#define WINDOW (15 * MINUTE)

static const struct attempt account = {VIEW_INIT("account:alice"), 3};
static const struct attempt address = {VIEW_INIT("address:192.0.2.1"), 5};

static int64_t count(struct fixture *f, const struct attempt *attempts, size_t n, int64_t now_ms)
{
    int64_t locked_until_ms = -1;
    assert_result(store_attempt_count(f->handle, attempts, n, now_ms, WINDOW, &locked_until_ms),
                  OK);
    return locked_until_ms;
}

static void note_failure(struct fixture *f, const struct attempt *attempts, size_t n,
                         int64_t now_ms)
{
    bool locked;
    assert_result(store_attempt_fail(f->handle, attempts, n, now_ms, WINDOW, NULL, &locked), OK);
}

static void count_and_fail(struct fixture *f, const struct attempt *attempts, size_t n,
                           int64_t now_ms)
{
    assert_int_equal(count(f, attempts, n, now_ms), 0);
    note_failure(f, attempts, n, now_ms);
}

/* E04: the limit-th failure locks. */
static void test_limit_then_lock(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        count_and_fail(f, &account, 1, NOW + i);
    assert_int_equal(count(f, &account, 1, NOW + 10), NOW + 2 + WINDOW);
    /* Attempts and failures during the lock prolong nothing. */
    note_failure(f, &account, 1, NOW + MINUTE);
    assert_int_equal(count(f, &account, 1, NOW + MINUTE), NOW + 2 + WINDOW);
    assert_int_equal(count(f, &account, 1, NOW + 2 + WINDOW - 1), NOW + 2 + WINDOW);
    /* Then a new window. */
    for (int i = 0; i < 3; i++)
        count_and_fail(f, &account, 1, NOW + 2 + WINDOW);
    assert_int_equal(count(f, &account, 1, NOW + 2 + WINDOW), NOW + 2 + 2 * WINDOW);
}

/* E05: those at work count against the limit, but lock nothing: they may all be right. */
static void test_attempts_at_work_wait(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(count(f, &account, 1, NOW), 0);
    assert_int_equal(count(f, &account, 1, NOW), NOW + STORE_ATTEMPT_WAIT_MS);
    note_failure(f, &account, 1, NOW);
    assert_int_equal(count(f, &account, 1, NOW + 5), NOW + 5 + STORE_ATTEMPT_WAIT_MS);
    assert_result(store_attempt_clear(f->handle, &account, 1), OK); /* one was right */
    note_failure(f, &account, 1, NOW); /* of an attempt that is forgotten */
    for (int i = 0; i < 3; i++)
        count_and_fail(f, &account, 1, NOW + 6);
    assert_int_equal(count(f, &account, 1, NOW + 6), NOW + 6 + WINDOW);
}

static void test_window_ends(void **state)
{
    struct fixture *f = *state;
    count_and_fail(f, &account, 1, NOW);
    count_and_fail(f, &account, 1, NOW + WINDOW - 1);
    /* It began with the first attempt. */
    for (int i = 0; i < 3; i++)
        count_and_fail(f, &account, 1, NOW + WINDOW);
    assert_int_equal(count(f, &account, 1, NOW + WINDOW + 1), NOW + 2 * WINDOW);
}

static void test_locked_key_spares_the_others(void **state)
{
    struct fixture *f = *state;
    const struct attempt both[] = {account, address};
    for (int i = 0; i < 3; i++)
        count_and_fail(f, both, 2, NOW);
    for (int i = 0; i < 20; i++)
        assert_int_equal(count(f, both, 2, NOW), NOW + WINDOW);
    /* The address has three: two more go through. */
    count_and_fail(f, &address, 1, NOW);
    count_and_fail(f, &address, 1, NOW + 7);
    assert_int_equal(count(f, &address, 1, NOW + 7), NOW + 7 + WINDOW);
    assert_int_equal(count(f, both, 2, NOW + 8), NOW + 7 + WINDOW); /* the later of both */
}

static void test_clear_forgets(void **state)
{
    struct fixture *f = *state;
    const struct attempt both[] = {account, address};
    for (int i = 0; i < 3; i++)
        count_and_fail(f, both, 2, NOW);
    assert_result(store_attempt_clear(f->handle, &account, 1), OK);
    for (int i = 0; i < 2; i++)
        count_and_fail(f, both, 2, NOW);
    assert_int_equal(count(f, both, 2, NOW), NOW + WINDOW); /* the address was not cleared */
    assert_result(store_attempt_clear(f->handle, both, 2), OK);
    assert_result(store_attempt_clear(f->handle, both, 2), OK);
    assert_int_equal(count(f, both, 2, NOW), 0);
}

/* E11: the log-in itself forgets. */
static void test_log_in_forgets(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct session_draft draft = fixture_session_draft(&user, NOW);
    const struct attempt both[] = {account, address};
    for (int i = 0; i < 2; i++)
        count_and_fail(f, both, 2, NOW);
    draft.forget = &account.key;
    draft.forget_count = 1;
    draft.expected_epoch = user.epoch + 1; /* refused: nothing is forgotten */
    assert_result(store_session_create(f->handle, &draft), CONFLICT);
    count_and_fail(f, both, 2, NOW);
    assert_int_equal(count(f, &account, 1, NOW), NOW + WINDOW);
    draft.expected_epoch = user.epoch;
    assert_result(store_session_create(f->handle, &draft), OK);
    assert_int_equal(count(f, &account, 1, NOW), 0);
    count_and_fail(f, &address, 1, NOW);
    count_and_fail(f, &address, 1, NOW);
    assert_int_equal(count(f, &address, 1, NOW), NOW + WINDOW); /* was not forgotten */
}

static void test_return_takes_one_back(void **state)
{
    struct fixture *f = *state;
    assert_result(store_attempt_return(f->handle, &account, 1), OK); /* of an unknown key */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(count(f, &account, 1, NOW), 0);
        assert_result(store_attempt_return(f->handle, &account, 1), OK);
    }
    assert_result(store_attempt_return(f->handle, &account, 1), OK); /* never below none */
    for (int i = 0; i < 3; i++)
        assert_int_equal(count(f, &account, 1, NOW), 0);
    assert_int_equal(count(f, &account, 1, NOW), NOW + STORE_ATTEMPT_WAIT_MS);
}

static void test_setting_is_kept(void **state)
{
    struct fixture *f = *state;
    struct view kept;
    struct view binary = {"\x00\xff\x01", 3};
    assert_result(
        store_setting_keep(f->handle, VIEW("issuer"), VIEW("http://one"), &f->arena, &kept), OK);
    assert_view(kept, "http://one");
    assert_result(
        store_setting_keep(f->handle, VIEW("issuer"), VIEW("http://two"), &f->arena, &kept), OK);
    assert_view(kept, "http://one");
    assert_result(store_setting_keep(f->handle, VIEW("secret"), binary, &f->arena, &kept), OK);
    assert_true(view_equal(kept, binary));
    assert_result(
        store_setting_keep(f->handle, VIEW("none"), (struct view){NULL, 0}, &f->arena, &kept), OK);
    assert_int_equal(kept.len, 0);
}

int conformance_attempts(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_limit_then_lock),       FIXTURE_TEST(test_attempts_at_work_wait),
        FIXTURE_TEST(test_window_ends),           FIXTURE_TEST(test_locked_key_spares_the_others),
        FIXTURE_TEST(test_clear_forgets),         FIXTURE_TEST(test_log_in_forgets),
        FIXTURE_TEST(test_return_takes_one_back), FIXTURE_TEST(test_setting_is_kept),
    };
    return cmocka_run_group_tests_name("attempts", tests, NULL, NULL);
}
