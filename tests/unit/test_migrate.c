#include "unit.h"

#include <stdio.h>

#include "store/migrate.h"

static const struct migration steps[] = {
    {1, "first", "aa", "one"}, {2, "second", "bb", "two"}, {3, "third", "cc", "three"}};
static const struct migration_set set = {steps, 3};

/* A database that only remembers what was done to it. */
struct fake {
    struct migration_history history;
    struct migration_history before; /* at begin, for rollback */
    size_t others_apply;             /* steps another process applies just before the next begin */
    size_t fails_at;                 /* number of the step whose statements fail; 0: none */
    bool is_open;
    int begun;
};

static void put(struct fake *fake, const struct migration *step)
{
    struct migration_applied *applied = &fake->history.items[fake->history.count++];
    applied->number = step->number;
    (void)snprintf(applied->checksum, sizeof applied->checksum, "%s", step->checksum);
}

static enum result fake_load(void *context, struct migration_history *out)
{
    *out = ((struct fake *)context)->history;
    return RESULT_OK;
}

static enum result fake_begin(void *context)
{
    struct fake *fake = context;
    assert_false(fake->is_open);
    for (; fake->others_apply > 0; fake->others_apply--)
        put(fake, &steps[fake->history.count]);
    fake->before = fake->history;
    fake->is_open = true;
    fake->begun++;
    return RESULT_OK;
}

static enum result fake_apply(void *context, const struct migration *step, int64_t now_ms)
{
    struct fake *fake = context;
    assert_true(fake->is_open);
    assert_int_equal(now_ms, 77);
    put(fake, step);
    return (size_t)step->number == fake->fails_at ? RESULT_STORE_UNAVAILABLE : RESULT_OK;
}

static enum result fake_commit(void *context)
{
    struct fake *fake = context;
    assert_true(fake->is_open);
    fake->is_open = false;
    return RESULT_OK;
}

static void fake_rollback(void *context)
{
    struct fake *fake = context;
    assert_true(fake->is_open);
    fake->history = fake->before;
    fake->is_open = false;
}

static const struct migration_driver driver = {fake_load, fake_begin, fake_apply, fake_commit,
                                               fake_rollback};
static char message[256];

static enum result run(struct fake *fake, bool may_apply)
{
    const struct migration_run wanted = {&driver, fake, &set, 77, may_apply, NULL};
    enum result result = migrate_run(&wanted, message, sizeof message);
    assert_false(fake->is_open);
    return result;
}

static void test_applies_all_once(void **state)
{
    struct fake fake = {.begun = 0};
    assert_int_equal(run(&fake, true), RESULT_OK);
    assert_int_equal(fake.history.count, 3);
    assert_int_equal(fake.begun, 3); /* each in a transaction of its own */
    assert_int_equal(run(&fake, true), RESULT_OK);
    assert_int_equal(run(&fake, false), RESULT_OK);
    assert_int_equal(fake.begun, 3); /* no lock is taken when there is nothing to do */
}

static void test_another_process_is_faster(void **state)
{
    for (size_t others = 1; others <= 3; others++) {
        struct fake fake = {.others_apply = others};
        assert_int_equal(run(&fake, true), RESULT_OK);
        assert_int_equal(fake.history.count, 3);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(fake.history.items[i].number, i + 1);
    }
}

static void test_failed_step_is_taken_back(void **state)
{
    struct fake fake = {.fails_at = 2};
    assert_int_equal(run(&fake, true), RESULT_STORE_UNAVAILABLE);
    assert_non_null(strstr(message, "step 2 (second) failed"));
    assert_int_equal(fake.history.count, 1);
    fake.fails_at = 0;
    assert_int_equal(run(&fake, true), RESULT_OK);
    assert_int_equal(fake.history.count, 3);
}

static void test_refusals(void **state)
{
    struct fake older = {.begun = 0};
    put(&older, &steps[0]);
    assert_int_equal(run(&older, false), RESULT_INVALID);
    assert_non_null(strstr(message, "has schema 1, this binary needs 3"));
    struct fake altered = {.begun = 0};
    const struct migration other = {2, "second", "xx", ""};
    put(&altered, &steps[0]);
    put(&altered, &other);
    assert_int_equal(run(&altered, true), RESULT_INVALID);
    assert_non_null(strstr(message, "step 2 (second) differs"));
    struct fake gap = {.begun = 0};
    put(&gap, &steps[1]);
    assert_int_equal(run(&gap, true), RESULT_INVALID);
    struct fake newer = {.begun = 0};
    const struct migration later = {7, "later", "dd", ""};
    for (size_t i = 0; i < 3; i++)
        put(&newer, &steps[i]);
    put(&newer, &later);
    assert_int_equal(run(&newer, true), RESULT_INVALID);
    assert_non_null(strstr(message, "newer version of latchkey (schema 7, this binary knows 3)"));
    assert_int_equal(older.begun + altered.begun + gap.begun + newer.begun, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_applies_all_once),
        cmocka_unit_test(test_another_process_is_faster),
        cmocka_unit_test(test_failed_step_is_taken_back),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
