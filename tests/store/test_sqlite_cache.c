/* Users read again are served from memory, and never as they were before a commit of anybody. */
#include "fixture.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "store/sqlite/connection.h"

static sqlite3 *open_beside(const struct fixture *f)
{
    char path[128];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/test.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run(sqlite3 *db, const char *sql)
{
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Whether a read asks the database shows in how often its statement ran. */
static int runs(struct fixture *f)
{
    sqlite3_stmt *statement = sqlite_handle_of(f->handle)->statements[STATEMENT_USER_BY_ID];
    return statement != NULL ? sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 0) : 0;
}

static void read_again(struct fixture *f, const struct id *id)
{
    for (int i = 0; i < 3; i++) {
        (void)fixture_read(f, id);
    }
}

static void test_second_reads_ask_nothing(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", "user");
    read_again(f, &alice.id);
    int before = runs(f);
    for (int i = 0; i < 10; i++) {
        struct user again = fixture_read(f, &alice.id);
        assert_view(again.username, "alice");
        assert_null(again.email.at);
        assert_null(again.name.at);
        assert_view(again.metadata, "{}");
        assert_int_equal(again.role_count, 1);
        assert_view(again.roles[0], "user");
        assert_int_equal(again.number, alice.number);
        assert_int_equal(again.age, USER_AGE_UNKNOWN);
        assert_int_equal(again.version, alice.version);
        assert_int_equal(again.created_ms, alice.created_ms);
    }
    assert_int_equal(runs(f), before);
}

static void test_commits_of_others_are_seen_at_once(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    sqlite3 *db = open_beside(f);
    for (int i = 0; i < 20; i++) {
        char sql[128];
        read_again(f, &alice.id);
        (void)snprintf(sql, sizeof sql, "UPDATE users SET age = %d WHERE number = 1", i);
        run(db, sql);
        assert_int_equal(fixture_read(f, &alice.id).age, i);
        if (i % 5 == 0) {
            run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
            assert_int_equal(fixture_read(f, &alice.id).age, i);
        }
    }
    (void)sqlite3_close(db);
}

static void test_own_changes_are_seen_at_once(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    for (int age = 1; age < 20; age++) {
        struct user_patch patch = {.mask = USER_FIELD_AGE, .age = age, .now_ms = NOW};
        read_again(f, &alice.id);
        assert_result(store_user_update(f->handle, &alice.id, &patch, &f->arena, NULL), OK);
        assert_int_equal(fixture_read(f, &alice.id).age, age);
    }
    assert_result(store_user_delete(f->handle, &alice.id, 0, NOW), OK);
    struct user gone;
    const struct user_key key = {.kind = USER_BY_ID, .id = alice.id};
    assert_result(store_user_get(f->handle, &key, &f->arena, &gone), NOT_FOUND);
}

/* What a transaction sees before it commits is nobody else's, and may never come to be. */
static void test_what_is_not_committed_is_not_kept(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    sqlite3 *db = sqlite_handle_of(f->handle)->db;
    read_again(f, &alice.id);
    run(db, "BEGIN IMMEDIATE; UPDATE users SET age = 99 WHERE number = 1");
    assert_int_equal(fixture_read(f, &alice.id).age, 99);
    run(db, "ROLLBACK");
    assert_int_equal(fixture_read(f, &alice.id).age, USER_AGE_UNKNOWN);
}

/* A read transaction keeps its view, whatever is in the cache. */
static void test_a_view_of_the_data_stays(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", NULL);
    sqlite3 *db = sqlite_handle_of(f->handle)->db;
    sqlite3 *other = open_beside(f);
    read_again(f, &alice.id);
    run(db, "BEGIN; SELECT count(*) FROM users");
    run(other, "UPDATE users SET age = 7 WHERE number = 1");
    assert_int_equal(fixture_read(f, &alice.id).age, USER_AGE_UNKNOWN);
    run(db, "COMMIT");
    assert_int_equal(fixture_read(f, &alice.id).age, 7);
    (void)sqlite3_close(other);
}

#define ROUNDS 2000

/* Commits numbers that only go up, and says through found what is committed for sure. */
static void write_times(struct racer *racer)
{
    struct fixture *f = racer->context;
    sqlite3 *db = open_beside(f);
    run(db, "PRAGMA synchronous = OFF");
    for (int i = 0; i < ROUNDS; i++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql, "UPDATE users SET updated_ms = %d WHERE number = 1", i);
        (void)sqlite3_busy_timeout(db, 5000);
        run(db, sql);
        __atomic_store_n(&racer->found, i, __ATOMIC_SEQ_CST);
    }
    (void)sqlite3_close(db);
    __atomic_store_n(&racer->found, INT64_MAX, __ATOMIC_SEQ_CST);
}

static void read_times(struct racer *racer, struct racer *writer, const struct id *id)
{
    const struct user_key key = {.kind = USER_BY_ID, .id = *id};
    int64_t done = 0;
    while (done != INT64_MAX) {
        struct user user;
        done = __atomic_load_n(&writer->found, __ATOMIC_SEQ_CST);
        assert_result(store_user_get(racer->handle, &key, &racer->arena, &user), OK);
        assert_true(done == INT64_MAX || user.updated_ms >= done);
        racer->found++;
        arena_reset(&racer->arena);
    }
}

static struct racer *the_racers;
static struct id the_user;

static void take_part(struct racer *racer)
{
    if (racer->index == 0) {
        write_times(racer);
    } else {
        read_times(racer, &the_racers[0], &the_user);
    }
}

static void test_no_reader_is_ever_behind(void **state)
{
    struct fixture *f = *state;
    struct racer racers[3] = {{.found = 0}};
    the_user = fixture_user(f, "alice", NULL).id;
    the_racers = racers;
    fixture_race(f->store, racers, 3, take_part, f);
    assert_true(racers[1].found > 0 && racers[2].found > 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_second_reads_ask_nothing),
        FIXTURE_TEST(test_commits_of_others_are_seen_at_once),
        FIXTURE_TEST(test_own_changes_are_seen_at_once),
        FIXTURE_TEST(test_what_is_not_committed_is_not_kept),
        FIXTURE_TEST(test_a_view_of_the_data_stays),
        FIXTURE_TEST(test_no_reader_is_ever_behind),
    };
    return cmocka_run_group_tests_name("sqlite_cache", tests, NULL, NULL);
}
