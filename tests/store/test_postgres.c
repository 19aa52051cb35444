/* What only the PostgreSQL back end does: lost connections, locks, errors, the feed's snapshots,
   whose tables these are. Runs on the server of LATCHKEY_TEST_STORE_URL. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "fixture_postgres.h"
#include "model/limits.h"
#include "store/postgres/driver.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/url.h"

#define BOUND_MS 9000 /* of any wait, on a busy machine; each of them is 2 to 4 s */

static PGconn *conn_of(const struct fixture *f)
{
    return postgres_handle_of(f->handle)->conn;
}

/* --- the URL ---------------------------------------------------------------------------------- */

static const char *option_of(const struct postgres_url *url, const char *keyword)
{
    for (size_t i = 0; i < url->count; i++) {
        if (strcmp(url->keywords[i], keyword) == 0)
            return url->values[i];
    }
    return "";
}

static struct postgres_url *read_url(const char *text)
{
    char message[256] = "";
    struct postgres_url *url = NULL;
    if (postgres_url_read(view_of(text), &url, message, sizeof message) != RESULT_OK)
        fail_msg("%s: %s", text, message);
    return url;
}

static void test_url_and_what_is_added(void **state)
{
    struct postgres_url *url =
        read_url("postgresql://me:p%40ss@db.example:6432/app?sslmode=verify-full&sslrootcert=/ca");
    assert_int_equal(url->host_count, 1);
    assert_string_equal(url->hosts[0].name, "db.example");
    assert_string_equal(url->hosts[0].port, "6432");
    assert_string_equal(option_of(url, "user"), "me");
    assert_string_equal(option_of(url, "password"), "p@ss");
    assert_string_equal(option_of(url, "dbname"), "app");
    assert_string_equal(option_of(url, "sslmode"), "verify-full");
    assert_string_equal(option_of(url, "sslrootcert"), "/ca");
    assert_string_equal(option_of(url, "target_session_attrs"), "read-write");
    assert_string_equal(option_of(url, "client_encoding"), "UTF8");
    assert_string_equal(option_of(url, "gssencmode"), "disable");
    assert_int_equal(url->connect_timeout_ms, 3000);
    postgres_url_release(url);
}

static void test_url_of_several_hosts(void **state)
{
    struct postgres_url *url = read_url("postgres://me@a:1,b:2,c:3/app?target_session_attrs=any"
                                        "&connect_timeout=7&tcp_user_timeout=99&options=-cx%3Dy"
                                        "&gssencmode=prefer");
    assert_int_equal(url->host_count, 3);
    assert_string_equal(url->hosts[1].name, "b");
    assert_string_equal(url->hosts[2].port, "3");
    assert_string_equal(option_of(url, "target_session_attrs"), "any");
    assert_string_equal(option_of(url, "tcp_user_timeout"), "99");
    assert_string_equal(option_of(url, "options"), "-cx=y");
    assert_string_equal(option_of(url, "gssencmode"), "prefer");
    assert_int_equal(url->connect_timeout_ms, 7000);
    postgres_url_release(url);
    url = read_url("postgresql:///app?host=/var/run/postgresql");
    assert_string_equal(url->hosts[0].name, "/var/run/postgresql");
    assert_null(url->hosts[0].port);
    postgres_url_release(url);
    url = read_url("postgresql://");
    assert_int_equal(url->host_count, 1);
    assert_null(url->hosts[0].name);
    postgres_url_release(url);
}

static void test_urls_of_sqlalchemy(void **state)
{
    static const char *const urls[] = {
        "postgresql+psycopg2://me:ssl=x@h/app?sslmode=require",
        "postgresql+psycopg://me:ssl=x@h/app?sslmode=require",
        "postgresql+asyncpg://me:ssl=x@h/app?ssl=require",
        "postgres+asyncpg://me:ssl=x@h/app?application_name=a&ssl=require",
    };
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct postgres_url *url = read_url(urls[i]);
        assert_string_equal(url->hosts[0].name, "h");
        assert_string_equal(option_of(url, "password"), "ssl=x");
        assert_string_equal(option_of(url, "sslmode"), "require");
        postgres_url_release(url);
    }
}

/* X: a word that must not stand in a message. */
static void test_urls_that_cannot_be(void **state)
{
    static const struct {
        const char *url;
        const char *said;
    } rows[] = {
        {"postgresql://me:hunter2/x@h/app", "%2F"},
        {"postgresql://me:hunter2@x@h/app", "%40"},
        {"postgresql://me:hunter2%zz@h/app", "%XX"},
        {"postgresql://me:hunter2@h:port/app", "port"},
        {"postgresql://me:hunter2@h:70000/app", "port"},
        {"postgresql://me:hunter2@/app?host=a,b,c&port=1,2", "ports"},
        {"postgresql://me:hunter2@h/app?colour=hunter2", "\"colour\""},
        {"postgresql://me:hunter2@h/app?connect_timeout=soon", "connect_timeout"},
        {"postgresql://me:hunter2@h/app?sslmode", "%XX"},
        {"postgresql://me:hunter2@1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/app", "too many"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char message[256] = "";
        struct postgres_url *url = NULL;
        enum result result = postgres_url_read(view_of(rows[i].url), &url, message, sizeof message);
        if (result != RESULT_BAD_REQUEST || url != NULL)
            fail_msg("%s: %s", rows[i].url, result_code(result));
        if (strstr(message, rows[i].said) == NULL || strstr(message, "hunter2") != NULL)
            fail_msg("%s: %s", rows[i].url, message);
    }
}

/* --- opening ---------------------------------------------------------------------------------- */

static void refuse(const char *url, const char *said)
{
    char message[512] = "";
    int64_t began_us = clock_monotonic_us();
    struct store *store = fixture_open(url, message, sizeof message);
    assert_null(store);
    if (strstr(message, said) == NULL || strchr(message, '\n') != NULL)
        fail_msg("%s", message);
    assert_true(clock_monotonic_us() - began_us < BOUND_MS * US_PER_MS);
}

static void test_what_cannot_be_reached(void **state)
{
    struct fixture *f = *state;
    char url[640];
    refuse("postgresql://me@127.0.0.1:1/app", "refused");
    refuse("postgresql://me@no.such.host.invalid/app", "no.such.host.invalid");
    refuse("postgresql:///app?host=/no/such/folder", "/no/such/folder");
    (void)snprintf(url, sizeof url, "%s&user=nobody_of_that_name", f->url);
    refuse(url, "nobody_of_that_name");
    (void)snprintf(url, sizeof url, "%s&dbname=none_of_that_name", f->url);
    refuse(url, "none_of_that_name");
    /* As a standby is. */
    (void)snprintf(url, sizeof url, "%.*s%%20-cdefault_transaction_read_only%%3Don", 500, f->url);
    refuse(url, "read-only");
}

/* One that takes connections and says nothing, and behind it in the list one that answers. */
static void test_one_that_hangs(void **state)
{
    struct fixture *f = *state;
    char url[640];
    char message[512];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int silent = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(silent, 64), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(url, sizeof url, "postgresql://me@127.0.0.1:%d/app", ntohs(address.sin_port));
    refuse(url, "does not answer");
    const char *at = strrchr(f->url, '@');
    (void)snprintf(url, sizeof url, "%.*s@127.0.0.1:%d,%s", (int)(at - f->url), f->url,
                   ntohs(address.sin_port), at + 1);
    struct store *store = fixture_open(url, message, sizeof message);
    assert_non_null(store);
    store_close(store);
    (void)close(silent);
}

static void test_tables_of_others(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = side_connect(f->url);
    (void)side_ask(conn, "DROP TABLE schema_migrations");
    refuse(f->url, "already exists");
    (void)side_ask(conn, "CREATE TABLE schema_migrations (version text)");
    refuse(f->url, "another program");
    PQfinish(conn);
}

struct opener {
    const char *url;
    pthread_barrier_t *start;
    char message[256];
    struct store *store;
};

static void *open_store(void *context)
{
    struct opener *opener = context;
    (void)pthread_barrier_wait(opener->start);
    opener->store = fixture_open(opener->url, opener->message, sizeof opener->message);
    return NULL;
}

/* Several nodes that start at once on an empty database make one schema. */
static void test_schema_is_made_once(void **state)
{
    struct fixture *f = *state;
    struct opener openers[6];
    pthread_t threads[ARRAY_LEN(openers)];
    pthread_barrier_t start;
    char text[192];
    PGconn *conn = side_connect(f->url);
    (void)snprintf(text, sizeof text, "DROP SCHEMA %s CASCADE; CREATE SCHEMA %s", f->database,
                   f->database);
    (void)side_ask(conn, text);
    assert_int_equal(pthread_barrier_init(&start, NULL, ARRAY_LEN(openers)), 0);
    for (size_t i = 0; i < ARRAY_LEN(openers); i++) {
        openers[i] = (struct opener){.url = f->url, .start = &start};
        assert_int_equal(pthread_create(&threads[i], NULL, open_store, &openers[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(openers); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (openers[i].store == NULL)
            fail_msg("%s", openers[i].message);
        store_close(openers[i].store);
    }
    (void)pthread_barrier_destroy(&start);
    assert_string_equal(side_ask(conn, "SELECT count(*) = max(number) FROM schema_migrations"),
                        "t");
    assert_string_equal(side_ask(conn, "SELECT count(*) FROM roles"), "2");
    PQfinish(conn);
}

/* The URL with another user, who may sign in by the same password. */
static void url_of_user(const struct fixture *f, const char *user, char out[640])
{
    (void)snprintf(out, 640, "%.*s&user=%s", 500, f->url, user);
}

/* Once the schema is there, the rows are all that a server must be allowed. */
static void test_role_that_may_only_use_rows(void **state)
{
    struct fixture *f = *state;
    char text[1024];
    char url[640];
    char message[256];
    struct arena arena;
    PGconn *conn = side_connect(f->url);
    if (strcmp(side_ask(conn, "SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user"),
               "t") != 0) {
        PQfinish(conn);
        skip(); /* a server that was given, with less rights */
    }
    (void)snprintf(text, sizeof text,
                   "CREATE ROLE %s LOGIN PASSWORD '%s'; GRANT USAGE ON SCHEMA %s TO %s;"
                   "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %s;"
                   "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA %s TO %s",
                   f->database, PQpass(conn), f->database, f->database, f->database, f->database,
                   f->database, f->database);
    (void)side_ask(conn, text);
    url_of_user(f, f->database, url);
    arena_init(&arena, 0);
    struct fixture limited = {.store = fixture_open(url, message, sizeof message)};
    if (limited.store == NULL)
        fail_msg("%s", message);
    limited.handle = store_handle_open(limited.store);
    struct user user = fixture_user(&limited, "alice", "user");
    struct id session = fixture_session(&limited, &user, NOW);
    assert_int_equal(fixture_rotate(&limited, &session, 1, NOW, NULL), SESSION_ROTATED);
    assert_result(store_user_delete(limited.handle, &user.id, 0, NOW), OK);
    store_handle_close(limited.handle);
    store_close(limited.store);
    arena_clear(&limited.arena);
    (void)snprintf(text, sizeof text,
                   "REVOKE ALL ON SCHEMA %s FROM %s; REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %s;"
                   "REVOKE ALL ON ALL SEQUENCES IN SCHEMA %s FROM %s; DROP ROLE %s",
                   f->database, f->database, f->database, f->database, f->database, f->database,
                   f->database);
    (void)side_ask(conn, text);
    PQfinish(conn);
}

static size_t find(struct store_handle *handle, struct arena *arena, struct view part)
{
    const struct user_list_request request = {
        .filter = {.mask = USER_FILTER_SEARCH, .search = part}, .limit = 10, .counted = true};
    struct user_page page;
    assert_result(store_user_list(handle, &request, arena, &page), OK);
    assert_int_equal(page.total, page.count);
    return page.count;
}

/* Where the extension cannot be had, searches give the same answers. */
static void test_search_without_trigrams(void **state)
{
    struct fixture *f = *state;
    char text[192];
    char url[640];
    char message[256];
    PGconn *conn = side_connect(f->url);
    (void)snprintf(text, sizeof text, "CREATE DATABASE %s", f->database);
    (void)side_ask(conn, text);
    (void)snprintf(text, sizeof text, "REVOKE CREATE ON DATABASE %s FROM current_user",
                   f->database);
    (void)side_ask(conn, text);
    assert_true(fixture_database_url(fixture_server_url(), f->database, url, sizeof url));
    struct fixture plain = {.store = fixture_open(url, message, sizeof message)};
    if (plain.store == NULL)
        fail_msg("%s", message);
    plain.handle = store_handle_open(plain.store);
    arena_init(&plain.arena, 0);
    PGconn *inside = side_connect(url);
    assert_string_equal(
        side_ask(inside, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"), "0");
    PQfinish(inside);
    (void)fixture_user(&plain, "alice", "user");
    (void)fixture_user(&plain, "malice", "user");
    assert_int_equal(find(plain.handle, &plain.arena, VIEW("LIC")), 2);
    assert_int_equal(find(plain.handle, &plain.arena, VIEW("a_i")), 0);
    assert_int_equal(find(plain.handle, &plain.arena, VIEW("m")), 1);
    store_handle_close(plain.handle);
    store_close(plain.store);
    arena_clear(&plain.arena);
    (void)snprintf(text, sizeof text, "DROP DATABASE %s WITH (FORCE)", f->database);
    (void)side_ask(conn, text);
    PQfinish(conn);
}

/* --- connections ------------------------------------------------------------------------------ */

static void end_others(PGconn *conn)
{
    (void)side_ask(conn, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE pid <> pg_backend_pid() AND usename = current_user"
                         " AND application_name = 'latchkey-ends'");
}

/* A handle of its own, whose connections can be told from all others. */
static struct store_handle *open_named(const struct fixture *f, struct store **store)
{
    char url[640];
    char message[256];
    (void)snprintf(url, sizeof url, "%s&application_name=latchkey-ends", f->url);
    *store = fixture_open(url, message, sizeof message);
    assert_non_null(*store);
    return store_handle_open(*store);
}

/* The server has closed it while nothing was asked: nobody is told. */
static void test_idle_connection_that_ends(void **state)
{
    struct fixture *f = *state;
    struct store *store;
    struct store_handle *handle = open_named(f, &store);
    PGconn *conn = side_connect(f->url);
    for (int i = 0; i < 3; i++) {
        assert_result(store_ping(handle), OK);
        int fd = PQsocket(postgres_handle_of(handle)->conn);
        end_others(conn);
        struct pollfd ended = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&ended, 1, BOUND_MS), 1);
    }
    assert_result(store_ping(handle), OK);
    PQfinish(conn);
    store_handle_close(handle);
    store_close(store);
}

/* Found without a socket error: the process at the other end is gone in mid-work. */
struct waiting {
    struct store_handle *handle;
    struct id user_id;
    enum result result;
    int64_t took_us;
};

static void *delete_user(void *context)
{
    struct waiting *waiting = context;
    int64_t began_us = clock_monotonic_us();
    waiting->result = store_user_delete(waiting->handle, &waiting->user_id, 0, NOW);
    waiting->took_us = clock_monotonic_us() - began_us;
    return NULL;
}

static void wait_until(PGconn *conn, const char *question)
{
    int64_t until_us = clock_monotonic_us() + BOUND_MS * US_PER_MS;
    /* Within a transaction the server would show the activity of its first look. */
    while ((void)side_ask(conn, "SELECT pg_stat_clear_snapshot()"),
           strcmp(side_ask(conn, question), "t") != 0) {
        if (clock_monotonic_us() > until_us)
            fail_msg("never: %s", question);
    }
}

static void begin_waiting(struct fixture *f, struct waiting *waiting, PGconn *conn,
                          pthread_t *thread)
{
    char id[ID_TEXT_SIZE];
    char text[160];
    waiting->user_id = fixture_user(f, "alice", "user").id;
    id_format(&waiting->user_id, id);
    (void)side_ask(conn, "BEGIN");
    (void)snprintf(text, sizeof text, "SELECT 1 FROM users WHERE id = '%s' FOR UPDATE", id);
    (void)side_ask(conn, text);
    assert_int_equal(pthread_create(thread, NULL, delete_user, waiting), 0);
    wait_until(conn, "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                     " AND application_name = 'latchkey-ends' AND query LIKE '%FROM users%'");
}

static void test_connection_that_ends_in_mid_work(void **state)
{
    struct fixture *f = *state;
    struct store *store;
    struct waiting waiting = {.handle = open_named(f, &store)};
    PGconn *conn = side_connect(f->url);
    pthread_t thread;
    begin_waiting(f, &waiting, conn, &thread);
    end_others(conn);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(waiting.result, STORE_UNAVAILABLE);
    (void)side_ask(conn, "ROLLBACK");
    assert_int_equal(fixture_read(f, &waiting.user_id).deleted_ms, 0);
    assert_result(store_user_delete(waiting.handle, &waiting.user_id, 0, NOW), OK);
    PQfinish(conn);
    store_handle_close(waiting.handle);
    store_close(store);
}

/* Somebody holds a row for good: the wait for it has an end, and the connection lives on. */
static void test_lock_that_is_never_free(void **state)
{
    struct fixture *f = *state;
    struct store *store;
    struct waiting waiting = {.handle = open_named(f, &store)};
    PGconn *conn = side_connect(f->url);
    pthread_t thread;
    begin_waiting(f, &waiting, conn, &thread);
    PGconn *before = postgres_handle_of(waiting.handle)->conn;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(waiting.result, STORE_UNAVAILABLE);
    assert_true(waiting.took_us < BOUND_MS * US_PER_MS);
    assert_result(store_ping(waiting.handle), OK);
    assert_ptr_equal(postgres_handle_of(waiting.handle)->conn, before);
    (void)side_ask(conn, "ROLLBACK");
    assert_result(store_user_delete(waiting.handle, &waiting.user_id, 0, NOW), OK);
    PQfinish(conn);
    store_handle_close(waiting.handle);
    store_close(store);
}

/* A process has as many connections as it has handles. */
static void test_one_connection_a_handle(void **state)
{
    struct fixture *f = *state;
    struct store *store;
    struct store_handle *handles[5];
    PGconn *conn = side_connect(f->url);
    handles[0] = open_named(f, &store);
    for (size_t i = 1; i < ARRAY_LEN(handles); i++)
        handles[i] = store_handle_open(store);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_LEN(handles); i++)
            assert_result(store_ping(handles[i]), OK);
    }
    wait_until(conn, "SELECT count(*) = 5 FROM pg_stat_activity"
                     " WHERE application_name = 'latchkey-ends'");
    for (size_t i = 0; i < ARRAY_LEN(handles); i++)
        store_handle_close(handles[i]);
    store_close(store);
    wait_until(conn, "SELECT count(*) = 0 FROM pg_stat_activity"
                     " WHERE application_name = 'latchkey-ends'");
    PQfinish(conn);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void test_meaning_of_errors(void **state)
{
    static const struct {
        const char *code;
        enum result result;
        bool is_lost;
    } rows[] = {
        {"40001", RESULT_BUSY, false},
        {"40P01", RESULT_BUSY, false},
        {"26000", RESULT_STORE_UNAVAILABLE, true},
        {"0A000", RESULT_STORE_UNAVAILABLE, true},
        {"55P03", RESULT_STORE_UNAVAILABLE, false},
        {"57014", RESULT_STORE_UNAVAILABLE, false},
        {"53100", RESULT_STORE_UNAVAILABLE, false}, /* disk full */
        {"53300", RESULT_STORE_UNAVAILABLE, false}, /* too many connections */
        {"25006", RESULT_STORE_UNAVAILABLE, true},
        {"57P01", RESULT_STORE_UNAVAILABLE, true},
        {"57P03", RESULT_STORE_UNAVAILABLE, true},
        {"08006", RESULT_STORE_UNAVAILABLE, true},
        {"58030", RESULT_STORE_UNAVAILABLE, false}, /* I/O */
        {"42501", RESULT_STORE_UNAVAILABLE, false},
        {"23503", RESULT_INVALID, false},
        {"22021", RESULT_INVALID, false},
        {"42P01", RESULT_INTERNAL, false},
        {"23514", RESULT_INTERNAL, false},
    };
    struct fixture *f = *state;
    struct postgres_handle *handle = postgres_handle_of(f->handle);
    assert_result(store_ping(f->handle), OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char script[128];
        (void)snprintf(script, sizeof script,
                       "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s'; END $$", rows[i].code);
        assert_result(store_ping(f->handle), OK);
        PGconn *before = handle->conn;
        enum result result = pgsql_run_script(handle, script);
        if (result != rows[i].result)
            fail_msg("%s: %s", rows[i].code, result_code(result));
        assert_int_equal(rows[i].is_lost, handle->conn == NULL);
        assert_true(rows[i].is_lost || handle->conn == before);
        handle->retry_us = 0;
    }
}

/* Two who wait for each other: one is sent back by the server, and tries again. */
static void *fail_attempts(void *context)
{
    struct waiting *waiting = context;
    const struct attempt attempts[] = {{VIEW("a"), 10}, {VIEW("b"), 10}};
    bool locked = true;
    waiting->result = store_attempt_fail(waiting->handle, attempts, ARRAY_LEN(attempts), NOW,
                                         MINUTE, NULL, &locked);
    return NULL;
}

static void test_deadlock_is_tried_again(void **state)
{
    struct fixture *f = *state;
    struct store *store;
    struct waiting waiting = {.handle = open_named(f, &store)};
    const struct attempt attempts[] = {{VIEW("a"), 10}, {VIEW("b"), 10}};
    int64_t closed_ms;
    pthread_t thread;
    PGconn *conn = side_connect(f->url);
    assert_result(store_attempt_count(f->handle, attempts, 2, NOW, MINUTE, &closed_ms), OK);
    (void)side_ask(conn, "BEGIN");
    (void)side_ask(conn, "SELECT 1 FROM attempts WHERE key = 'b' FOR UPDATE");
    assert_int_equal(pthread_create(&thread, NULL, fail_attempts, &waiting), 0);
    wait_until(conn, "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                     " AND application_name = 'latchkey-ends' AND query LIKE '%attempts%'");
    /* Whichever of the two the server chooses to send back. */
    PGresult *answer = PQexec(conn, "SELECT 1 FROM attempts WHERE key = 'a' FOR UPDATE");
    PQclear(answer);
    (void)side_ask(conn, "ROLLBACK");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(waiting.result, OK);
    assert_string_equal(side_ask(conn, "SELECT string_agg(failures::text, ',') FROM attempts"),
                        "1,1");
    PQfinish(conn);
    store_handle_close(waiting.handle);
    store_close(store);
}

/* A NUL is no character of a text to PostgreSQL: it finds nobody, and cannot be kept. */
static void test_texts_that_cannot_be_kept(void **state)
{
    struct fixture *f = *state;
    static const char nul[] = {'a', '\0', 'b', 'c'};
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = view_make(nul, sizeof nul)};
    struct user user;
    struct role role;
    assert_result(store_ping(f->handle), OK);
    PGconn *before = conn_of(f);
    assert_result(store_user_get(f->handle, &key, &f->arena, &user), NOT_FOUND);
    assert_result(store_role_get(f->handle, VIEW("\xff"), &f->arena, &role), NOT_FOUND);
    struct user_draft draft = fixture_draft("alice", "user");
    draft.name = view_make(nul, sizeof nul);
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), INVALID);
    draft.name = VIEW("\xc3\x28");
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), INVALID);
    user = fixture_user(f, "bob", "user");
    struct user_patch patch = {.mask = USER_FIELD_NAME, .name = draft.name, .now_ms = NOW};
    assert_result(store_user_update(f->handle, &user.id, &patch, &f->arena, NULL), INVALID);
    assert_int_equal(fixture_read(f, &user.id).version, user.version);
    assert_ptr_equal(conn_of(f), before);
}

/* --- the feed --------------------------------------------------------------------------------- */

static size_t count_of(struct fixture *f, struct change_cursor *cursor, const struct id *id)
{
    return fixture_count_changes(fixture_changes(f, cursor), CHANGE_USER, id);
}

/* A change that was noted before another one, and is committed after it, is not missed; and what
   was seen is not told again, however long a transaction stays open. */
static void test_changes_commit_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct change_cursor cursor = {0};
    struct change_cursor other = {0};
    struct id slow = id_new(NOW);
    char text[200];
    char id[ID_TEXT_SIZE];
    struct user user = fixture_user(f, "alice", "user");
    PGconn *conn = side_connect(f->url);
    id_format(&slow, id);
    (void)side_ask(conn, "BEGIN");
    (void)snprintf(text, sizeof text,
                   "INSERT INTO changes (kind, subject, at_ms) VALUES (2, '%s', 1)", id);
    (void)side_ask(conn, text);
    assert_result(store_user_delete(f->handle, &user.id, 0, NOW), OK);
    assert_int_equal(count_of(f, &cursor, &user.id), 1);
    assert_int_equal(count_of(f, &cursor, &user.id), 0);
    /* Another reader's cursor is not the last one moved: it may be told again, and misses nothing.
     */
    assert_int_equal(count_of(f, &other, &user.id), 1);
    assert_int_equal(count_of(f, &cursor, &slow), 0);
    (void)side_ask(conn, "COMMIT");
    assert_int_equal(count_of(f, &other, &slow), 1);
    assert_int_equal(count_of(f, &cursor, &slow), 1);
    assert_int_equal(count_of(f, &cursor, &slow), 0);
    PQfinish(conn);
}

static void test_changes_wake(void **state)
{
    struct fixture *f = *state;
    struct change_cursor cursor = {0};
    struct user user = fixture_user(f, "alice", "user");
    struct store_handle *writer = store_handle_open(f->store);
    assert_int_equal(store_changes_descriptor(f->handle), -1); /* not yet */
    (void)fixture_changes(f, &cursor);
    int fd = store_changes_descriptor(f->handle);
    assert_true(fd >= 0);
    (void)fixture_changes(f, &cursor);
    assert_result(store_user_delete(writer, &user.id, 0, NOW), OK);
    struct pollfd woken = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&woken, 1, BOUND_MS), 1);
    assert_int_equal(count_of(f, &cursor, &user.id), 1);
    store_handle_close(writer);
}

/* --- counts ----------------------------------------------------------------------------------- */

static int64_t total_of(struct fixture *f)
{
    const struct user_list_request request = {.limit = 1, .counted = true};
    struct user_page page;
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    return page.total;
}

/* Housekeeping puts the rows of a count together; the sum stays. */
static void test_counts_are_put_together(void **state)
{
    struct fixture *f = *state;
    const struct purge_limits limits = {.now_ms = NOW, .batch = 1000};
    bool more;
    char name[32];
    for (int i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof name, "user-%d", i);
        (void)fixture_user(f, name, "user");
    }
    PGconn *conn = side_connect(f->url);
    assert_int_equal(total_of(f), 20);
    assert_string_equal(side_ask(conn, "SELECT count(*) FROM user_counts"), "60");
    assert_result(store_purge(f->handle, &limits, &more), OK);
    assert_string_equal(side_ask(conn, "SELECT count(*) FROM user_counts"), "3");
    assert_int_equal(total_of(f), 20);
    PQfinish(conn);
}

/* All, or those whose names match. */
/* URLs are read before there is a store. */
static int load_driver(void **state)
{
    char message[512];
    if (postgres_driver_load(message, sizeof message) == RESULT_OK)
        return 0;
    (void)fprintf(stderr, "%s\n", message);
    return -1;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_and_what_is_added),
        cmocka_unit_test(test_url_of_several_hosts),
        cmocka_unit_test(test_urls_of_sqlalchemy),
        cmocka_unit_test(test_urls_that_cannot_be),
        FIXTURE_TEST(test_what_cannot_be_reached),
        FIXTURE_TEST(test_one_that_hangs),
        FIXTURE_TEST(test_tables_of_others),
        FIXTURE_TEST(test_schema_is_made_once),
        FIXTURE_TEST(test_role_that_may_only_use_rows),
        FIXTURE_TEST(test_search_without_trigrams),
        FIXTURE_TEST(test_idle_connection_that_ends),
        FIXTURE_TEST(test_connection_that_ends_in_mid_work),
        FIXTURE_TEST(test_lock_that_is_never_free),
        FIXTURE_TEST(test_one_connection_a_handle),
        FIXTURE_TEST(test_meaning_of_errors),
        FIXTURE_TEST(test_deadlock_is_tried_again),
        FIXTURE_TEST(test_texts_that_cannot_be_kept),
        FIXTURE_TEST(test_changes_commit_in_any_order),
        FIXTURE_TEST(test_changes_wake),
        FIXTURE_TEST(test_counts_are_put_together),
    };
    return cmocka_run_group_tests(tests, load_driver, NULL);
}
