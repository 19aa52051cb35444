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
    assert_non_null(strstr(message, "has schema 1, this binary needs 3: run latchkey migrate"));
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

/* --- look and try ----------------------------------------------------------------------------- */

struct noted {
    struct store_step items[8];
    size_t count;
};

static void note(void *context, const struct store_step *step)
{
    struct noted *noted = context;
    assert_true(noted->count < ARRAY_LEN(noted->items));
    noted->items[noted->count++] = *step;
}

static enum result run_mode(struct fake *fake, enum store_migrate_mode mode, struct noted *noted)
{
    const struct store_migrate_watch watch = {note, noted};
    const struct migration_run wanted = {&driver, fake, &set, 77, false, &watch};
    noted->count = 0;
    enum result result = migrate_by_mode(&wanted, mode, message, sizeof message);
    assert_false(fake->is_open);
    return result;
}

static void test_look(void **state)
{
    struct fake fake = {.begun = 0};
    struct noted noted;
    put(&fake, &steps[0]);
    fake.history.items[0].applied_ms = 5;
    assert_int_equal(run_mode(&fake, STORE_MIGRATE_LOOK, &noted), RESULT_OK);
    assert_int_equal(fake.begun, 0);
    assert_int_equal(noted.count, 3);
    assert_int_equal(noted.items[0].state, STORE_STEP_APPLIED);
    assert_int_equal(noted.items[0].applied_ms, 5);
    assert_int_equal(noted.items[1].state, STORE_STEP_PENDING);
    assert_int_equal(noted.items[1].applied_ms, 0);
    assert_string_equal(noted.items[2].name, "third");
}

static void test_try_leaves_nothing(void **state)
{
    struct fake fake = {.begun = 0};
    struct noted noted;
    put(&fake, &steps[0]);
    assert_int_equal(run_mode(&fake, STORE_MIGRATE_TRY, &noted), RESULT_OK);
    assert_int_equal(fake.begun, 1); /* all in one transaction */
    assert_int_equal(fake.history.count, 1);
    assert_int_equal(noted.count, 2);
    assert_int_equal(noted.items[0].number, 2);
    assert_int_equal(noted.items[0].state, STORE_STEP_DONE_NOW);
    fake.fails_at = 3;
    assert_int_equal(run_mode(&fake, STORE_MIGRATE_TRY, &noted), RESULT_STORE_UNAVAILABLE);
    assert_non_null(strstr(message, "step 3 (third) failed"));
    assert_int_equal(noted.count, 1);
    assert_int_equal(fake.history.count, 1);
}

static void test_apply_tells_what_it_did(void **state)
{
    struct fake fake = {.fails_at = 3};
    struct noted noted;
    put(&fake, &steps[0]);
    assert_int_equal(run_mode(&fake, STORE_MIGRATE_APPLY, &noted), RESULT_STORE_UNAVAILABLE);
    assert_int_equal(noted.count, 1);
    assert_int_equal(noted.items[0].number, 2);
    assert_int_equal(noted.items[0].applied_ms, 77);
    fake.fails_at = 0;
    assert_int_equal(run_mode(&fake, STORE_MIGRATE_APPLY, &noted), RESULT_OK);
    assert_int_equal(noted.count, 1);
    assert_int_equal(run_mode(&fake, STORE_MIGRATE_APPLY, &noted), RESULT_OK);
    assert_int_equal(noted.count, 0);
}

/* What does not fit is refused by all three. */
static void test_every_mode_checks_the_history(void **state)
{
    const struct migration other = {1, "first", "xx", ""};
    for (enum store_migrate_mode mode = STORE_MIGRATE_LOOK; mode <= STORE_MIGRATE_APPLY; mode++) {
        struct fake fake = {.begun = 0};
        struct noted noted;
        put(&fake, &other);
        assert_int_equal(run_mode(&fake, mode, &noted), RESULT_INVALID);
        assert_non_null(strstr(message, "step 1 (first) differs"));
        assert_int_equal(noted.count, 0);
        assert_int_equal(fake.history.count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_applies_all_once),
        cmocka_unit_test(test_another_process_is_faster),
        cmocka_unit_test(test_failed_step_is_taken_back),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_try_leaves_nothing),
        cmocka_unit_test(test_apply_tells_what_it_did),
        cmocka_unit_test(test_every_mode_checks_the_history),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
