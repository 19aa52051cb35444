/* What only PostgreSQL has where rotations are written together: rows that somebody holds, a
   connection that is lost in the middle, plans that are kept. Runs on the server of
   LATCHKEY_TEST_STORE_URL. */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fixture.h"
#include "fixture_postgres.h"
#include "store/postgres/pgsql.h"

#define SESSIONS 6
#define BOUND_MS 9000 /* of any wait, on a busy machine; each of them is 2 to 4 s */

static void hold_session(PGconn *conn, const struct id *session)
{
    char id[ID_TEXT_SIZE];
    char text[128];
    id_format(session, id);
    (void)side_ask(conn, "BEGIN");
    (void)snprintf(text, sizeof text, "SELECT 1 FROM sessions WHERE id = '%s' FOR UPDATE", id);
    (void)side_ask(conn, text);
}

/* --- a crowd ---------------------------------------------------------------------------------- */

struct crowd {
    struct user user;
    struct id sessions[SESSIONS];
    struct session_rotating items[SESSIONS];
    struct session_rotating *all[SESSIONS];
};

static void make_crowd(struct fixture *f, struct crowd *crowd)
{
    crowd->user = fixture_user(f, "alice", "user");
    for (size_t i = 0; i < SESSIONS; i++)
        crowd->sessions[i] = fixture_session(f, &crowd->user, NOW);
}

static void ask_for(struct fixture *f, struct crowd *crowd, int64_t counter)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        crowd->items[i] = fixture_rotating(&f->arena, &crowd->sessions[i], counter, NOW);
        crowd->all[i] = &crowd->items[i];
    }
}

static void assert_all(const struct crowd *crowd, enum result result)
{
    for (size_t i = 0; i < SESSIONS; i++)
        assert_int_equal(crowd->items[i].result, result);
}

/* --- locks ------------------------------------------------------------------------------------ */

/* Somebody holds the row of one: the others do not wait for it. */
static void test_a_row_that_is_held(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd;
    PGconn *conn = side_connect(f->url);
    make_crowd(f, &crowd);
    ask_for(f, &crowd, 1);
    hold_session(conn, &crowd.sessions[2]);
    store_sessions_rotate(f->handle, crowd.all, SESSIONS);
    for (size_t i = 0; i < SESSIONS; i++) {
        assert_int_equal(crowd.items[i].result, i == 2 ? RESULT_BUSY : RESULT_OK);
        if (i != 2)
            assert_int_equal(crowd.items[i].outcome, SESSION_ROTATED);
    }
    (void)side_ask(conn, "ROLLBACK");
    assert_int_equal(fixture_rotate(f, &crowd.sessions[2], 1, NOW, NULL), SESSION_ROTATED);
    PQfinish(conn);
}

/* Returns when somebody waits for what the connection holds. */
static void await_blocked(PGconn *conn)
{
    int64_t until_us = clock_monotonic_us() + BOUND_MS * US_PER_MS;
    while ((void)side_ask(conn, "SELECT pg_stat_clear_snapshot()"),
           strcmp(side_ask(conn, "SELECT count(*) > 0 FROM pg_stat_activity"
                                 " WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"),
                  "t") != 0) {
        if (clock_monotonic_us() > until_us)
            fail_msg("nobody waits");
    }
}

struct alone {
    struct fixture *f;
    struct id session;
    enum session_rotation_outcome outcome;
};

static void *rotate_alone(void *context)
{
    struct alone *alone = context;
    alone->outcome = fixture_rotate(alone->f, &alone->session, 1, NOW, NULL);
    return NULL;
}

/* Meanwhile all others of the person were ended, and this one was kept: the row that it waited for
   is of today, the person's that it saw is of before. */
static void test_kept_while_it_waits(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct alone alone = {.f = f, .session = fixture_session(f, &user, NOW)};
    PGconn *conn = side_connect(f->url);
    pthread_t thread;
    (void)side_ask(conn, "BEGIN");
    (void)side_ask(conn, "UPDATE users SET epoch = epoch + 1");
    (void)side_ask(conn, "UPDATE sessions SET epoch = epoch + 1");
    assert_int_equal(pthread_create(&thread, NULL, rotate_alone, &alone), 0);
    await_blocked(conn);
    (void)side_ask(conn, "COMMIT");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(alone.outcome, SESSION_ROTATED);
    PQfinish(conn);
}

/* --- outages ---------------------------------------------------------------------------------- */

#define NAME "latchkey-group"

struct waiting {
    struct store *store;
    struct store_handle *handle;
    struct crowd *crowd;
    pthread_t thread;
};

static void *rotate(void *context)
{
    struct waiting *waiting = context;
    store_sessions_rotate(waiting->handle, waiting->crowd->all, SESSIONS);
    return NULL;
}

/* On a connection that can be told from all others, while somebody holds the whole table. */
static void begin_waiting(struct fixture *f, struct waiting *waiting, PGconn *conn)
{
    char url[640];
    char message[256];
    (void)snprintf(url, sizeof url, "%s&application_name=" NAME, f->url);
    waiting->store = fixture_open(url, message, sizeof message);
    assert_non_null(waiting->store);
    waiting->handle = store_handle_open(waiting->store);
    (void)side_ask(conn, "BEGIN");
    (void)side_ask(conn, "LOCK TABLE sessions IN EXCLUSIVE MODE");
    assert_int_equal(pthread_create(&waiting->thread, NULL, rotate, waiting), 0);
    await_blocked(conn);
}

static void end_waiting(struct waiting *waiting)
{
    store_handle_close(waiting->handle);
    store_close(waiting->store);
}

/* Nobody knows whether it was done, whichever of them it is; here it was not. */
static void test_connection_that_ends_in_the_middle(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd;
    struct waiting waiting = {.crowd = &crowd};
    PGconn *conn = side_connect(f->url);
    make_crowd(f, &crowd);
    ask_for(f, &crowd, 1);
    begin_waiting(f, &waiting, conn);
    (void)side_ask(conn, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE application_name = '" NAME "'");
    assert_int_equal(pthread_join(waiting.thread, NULL), 0);
    assert_all(&crowd, RESULT_STORE_UNAVAILABLE);
    (void)side_ask(conn, "ROLLBACK");
    ask_for(f, &crowd, 1);
    store_sessions_rotate(waiting.handle, crowd.all, SESSIONS);
    assert_all(&crowd, RESULT_OK);
    assert_int_equal(crowd.items[SESSIONS - 1].outcome, SESSION_ROTATED);
    end_waiting(&waiting);
    PQfinish(conn);
}

/* A table that is not to be had: the wait has an end, and it is one for all of them. */
static void test_a_lock_that_is_never_free(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd;
    struct waiting waiting = {.crowd = &crowd};
    PGconn *conn = side_connect(f->url);
    make_crowd(f, &crowd);
    ask_for(f, &crowd, 1);
    int64_t began_us = clock_monotonic_us();
    begin_waiting(f, &waiting, conn);
    assert_int_equal(pthread_join(waiting.thread, NULL), 0);
    assert_true(clock_monotonic_us() - began_us < BOUND_MS * US_PER_MS);
    assert_all(&crowd, RESULT_STORE_UNAVAILABLE);
    (void)side_ask(conn, "ROLLBACK");
    end_waiting(&waiting);
    PQfinish(conn);
}

/* --- what cannot be kept ---------------------------------------------------------------------- */

static void test_one_that_cannot_be_kept(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd;
    make_crowd(f, &crowd);
    ask_for(f, &crowd, 1);
    crowd.items[3].asked.user_agent = VIEW("\xFF");
    store_sessions_rotate(f->handle, crowd.all, SESSIONS);
    assert_all(&crowd, RESULT_BUSY);
    fixture_rotate_together(f->handle, crowd.items, SESSIONS);
    for (size_t i = 0; i < SESSIONS; i++)
        assert_int_equal(crowd.items[i].result, i == 3 ? RESULT_INVALID : RESULT_OK);
}

/* --- plans ------------------------------------------------------------------------------------ */

/* A plan takes longer to be made than to be carried out: after a few calls one is kept, however
   many sessions the calls had. */
static void test_plans_are_kept(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd;
    make_crowd(f, &crowd);
    for (int64_t counter = 1; counter <= 12; counter++) {
        ask_for(f, &crowd, counter);
        store_sessions_rotate(f->handle, crowd.all, 2 + (size_t)counter % 2);
        assert_result(crowd.items[0].result, OK);
        store_sessions_rotate(f->handle, crowd.all + 3, SESSIONS - 3);
        assert_result(crowd.items[3].result, OK);
    }
    struct postgres_handle *handle = postgres_handle_of(f->handle);
    if (PQserverVersion(handle->conn) < 140000)
        skip(); /* does not tell */
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    size_t told = pgsql_add_text(&batch,
                                 VIEW("SELECT min(generic_plans) FROM pg_prepared_statements WHERE "
                                      "statement LIKE '%unnest($1::uuid[], $2::bigint[]%'"),
                                 PGSQL_NONE);
    assert_result(pgsql_run(&batch), OK);
    struct pgsql_row row = pgsql_row(&batch, told, 0);
    assert_true(pgsql_get_number(&row, 0) >= 12);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_a_row_that_is_held),
        FIXTURE_TEST(test_kept_while_it_waits),
        FIXTURE_TEST(test_connection_that_ends_in_the_middle),
        FIXTURE_TEST(test_a_lock_that_is_never_free),
        FIXTURE_TEST(test_one_that_cannot_be_kept),
        FIXTURE_TEST(test_plans_are_kept),
    };
    return cmocka_run_group_tests_name("postgres_group", tests, NULL, NULL);
}
