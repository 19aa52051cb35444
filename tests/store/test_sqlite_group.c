/* What only SQLite has where rotations are written together: one transaction, which can fail as a
   whole. */
#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "store/sqlite/transaction.h"

#define SESSIONS 8
/* One wait for the file's lock, and some air; each for itself would wait eight times as long. */
#define LOCK_BOUND_US INT64_C(12000000)
#define TURNS 40

struct crowd {
    struct user user;
    struct id sessions[SESSIONS];
};

static struct crowd make_crowd(struct fixture *f)
{
    struct crowd crowd = {.user = fixture_user(f, "alice", "user")};
    for (size_t i = 0; i < SESSIONS; i++)
        crowd.sessions[i] = fixture_session(f, &crowd.user, NOW);
    return crowd;
}

/* All of the crowd's together, and nothing more; the result that all of them have. */
static enum result rotate_all(struct fixture *f, const struct crowd *crowd, int64_t counter)
{
    struct session_rotating items[SESSIONS];
    struct session_rotating *all[SESSIONS];
    for (size_t i = 0; i < SESSIONS; i++) {
        items[i] = fixture_rotating(&f->arena, &crowd->sessions[i], counter, NOW);
        all[i] = &items[i];
    }
    store_sessions_rotate(f->handle, all, SESSIONS);
    for (size_t i = 0; i < SESSIONS; i++) {
        assert_int_equal(items[i].result, items[0].result);
        assert_int_equal(items[i].outcome,
                         items[i].result == RESULT_OK ? SESSION_ROTATED : items[i].outcome);
    }
    return items[0].result;
}

static int64_t highest_counter(struct store_handle *handle, struct fixture *f,
                               const struct crowd *crowd)
{
    struct session_page page;
    int64_t highest = 0;
    assert_result(store_session_list(handle, &crowd->user.id, NOW, IDLE, &f->arena, &page), OK);
    assert_int_equal(page.count, SESSIONS);
    for (size_t i = 0; i < page.count; i++)
        highest = page.items[i].counter > highest ? page.items[i].counter : highest;
    return highest;
}

/* What the others see at the commit. */
struct witness {
    struct fixture *f;
    const struct crowd *crowd;
    struct store_handle *other;
    int64_t seen;
};

static int look_at_commit(void *context)
{
    struct witness *witness = context;
    witness->seen = highest_counter(witness->other, witness->f, witness->crowd);
    return 0;
}

static void test_nobody_sees_it_before_the_commit(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = make_crowd(f);
    struct witness witness = {.f = f, .crowd = &crowd, .other = store_handle_open(f->store)};
    assert_non_null(witness.other);
    (void)sqlite3_commit_hook(sqlite_handle_of(f->handle)->db, look_at_commit, &witness);
    assert_result(rotate_all(f, &crowd, 1), OK);
    (void)sqlite3_commit_hook(sqlite_handle_of(f->handle)->db, NULL, NULL);
    assert_int_equal(witness.seen, 1);
    assert_int_equal(highest_counter(witness.other, f, &crowd), 2);
    store_handle_close(witness.other);
}

static int refuse_commit(void *context)
{
    (void)context;
    return 1;
}

static void test_a_failing_commit_fails_all(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = make_crowd(f);
    sqlite3 *db = sqlite_handle_of(f->handle)->db;
    (void)sqlite3_commit_hook(db, refuse_commit, NULL);
    assert_result(rotate_all(f, &crowd, 1), STORE_UNAVAILABLE);
    (void)sqlite3_commit_hook(db, NULL, NULL);
    assert_int_equal(highest_counter(f->handle, f, &crowd), 1);
    assert_result(rotate_all(f, &crowd, 1), OK);
    assert_int_equal(highest_counter(f->handle, f, &crowd), 2);
}

/* No file of this process may grow beyond this: what a full disk looks like to SQLite. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_full_disk_fails_all(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = make_crowd(f);
    struct stat status;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/test.db-wal", f->folder);
    assert_int_equal(stat(path, &status), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files((rlim_t)status.st_size);
    assert_result(rotate_all(f, &crowd, 1), STORE_UNAVAILABLE);
    limit_files(RLIM_INFINITY);
    assert_int_equal(highest_counter(f->handle, f, &crowd), 1);
    assert_result(rotate_all(f, &crowd, 1), OK);
}

/* One that fails in the middle, alone or with the whole transaction: nothing is done, and each is
   to be asked alone, which fails that one only. */
static void fail_one(struct fixture *f, const char *failure)
{
    struct crowd crowd = make_crowd(f);
    sqlite3 *db = sqlite_handle_of(f->handle)->db;
    struct session_rotating items[SESSIONS];
    char id[ID_TEXT_SIZE];
    char trigger[256];
    id_format(&crowd.sessions[SESSIONS / 2], id);
    (void)snprintf(
        trigger, sizeof trigger,
        "CREATE TEMP TRIGGER failing BEFORE UPDATE ON main.sessions WHEN lower(hex(NEW.id))"
        " = replace('%s', '-', '') BEGIN SELECT RAISE(%s, 'as wanted'); END",
        id, failure);
    assert_int_equal(sqlite3_exec(db, trigger, NULL, NULL, NULL), SQLITE_OK);
    assert_result(rotate_all(f, &crowd, 1), BUSY);
    assert_int_equal(highest_counter(f->handle, f, &crowd), 1);
    for (size_t i = 0; i < SESSIONS; i++)
        items[i] = fixture_rotating(&f->arena, &crowd.sessions[i], 1, NOW);
    fixture_rotate_together(f->handle, items, SESSIONS);
    for (size_t i = 0; i < SESSIONS; i++) {
        assert_int_equal(items[i].result == RESULT_OK, i != SESSIONS / 2);
        if (i != SESSIONS / 2)
            assert_int_equal(items[i].outcome, SESSION_ROTATED);
    }
    assert_int_equal(sqlite3_exec(db, "DROP TRIGGER failing", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(fixture_rotate(f, &crowd.sessions[SESSIONS / 2], 1, NOW, NULL),
                     SESSION_ROTATED);
}

static void test_one_that_fails(void **state)
{
    fail_one(*state, "ABORT");
}

static void test_a_transaction_lost_in_the_middle(void **state)
{
    fail_one(*state, "ROLLBACK");
}

/* One wait for the lock, not one for each. */
static void test_locked_by_another_connection(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = make_crowd(f);
    sqlite3 *db = NULL;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/test.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int64_t start_us = clock_monotonic_us();
    assert_result(rotate_all(f, &crowd, 1), STORE_UNAVAILABLE);
    assert_true(clock_monotonic_us() - start_us < LOCK_BOUND_US);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_result(rotate_all(f, &crowd, 1), OK);
}

/* --- in turn ---------------------------------------------------------------------------------- */

struct turns {
    struct id session;
    atomic_uint groups;
    atomic_bool over;
};

/* The first writes group after group without a pause; the second gets its turn between two. */
static void take_turns(struct racer *racer)
{
    struct turns *turns = racer->context;
    struct transaction transaction = {.handle = NULL};
    struct sqlite_handle *handle = sqlite_handle_of(racer->handle);
    racer->result = RESULT_OK;
    if (racer->index == 0) {
        while (!atomic_load(&turns->over) && racer->result == RESULT_OK) {
            racer->result = sqlite_transaction_begin_write(&transaction, handle);
            if (racer->result == RESULT_OK)
                racer->result = sqlite_transaction_finish(&transaction, RESULT_OK);
            atomic_fetch_add(&turns->groups, 1);
        }
        return;
    }
    while (atomic_load(&turns->groups) == 0)
        ;
    for (unsigned i = 0; i < TURNS && racer->result == RESULT_OK; i++) {
        racer->result = sqlite_transaction_begin_write(&transaction, handle);
        if (racer->result == RESULT_OK)
            racer->result = sqlite_transaction_finish(&transaction, RESULT_OK);
    }
    atomic_store(&turns->over, true);
}

static void test_others_get_their_turn(void **state)
{
    struct fixture *f = *state;
    struct turns turns = {.groups = 0};
    struct racer racers[2];
    fixture_race(f->store, racers, 2, take_turns, &turns);
    assert_result(racers[0].result, OK);
    assert_result(racers[1].result, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_nobody_sees_it_before_the_commit),
        FIXTURE_TEST(test_a_failing_commit_fails_all),
        FIXTURE_TEST(test_a_full_disk_fails_all),
        FIXTURE_TEST(test_one_that_fails),
        FIXTURE_TEST(test_a_transaction_lost_in_the_middle),
        FIXTURE_TEST(test_locked_by_another_connection),
        FIXTURE_TEST(test_others_get_their_turn),
    };
    return cmocka_run_group_tests_name("sqlite_group", tests, NULL, NULL);
}
