/* What only the SQLite back end has: a file, its schema, its lock, its query plans. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite/file.h"
#include "store/sqlite/product_list.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/time_limit.h"

#define LOCK_BOUND_US                                                                              \
    INT64_C(12000000) /* the queue of threads and the file's lock, 5 s each, and some air */

static char message[512];

static void path_of(const struct fixture *f, const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", f->folder, name);
}

/* Runs SQL on the database behind the store's back. */
static void tamper(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_refused(const char *url, const char *excerpt)
{
    message[0] = '\0';
    assert_null(fixture_open(url, message, sizeof message));
    if (strstr(message, excerpt) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", excerpt, message);
    assert_null(strchr(message, '\n'));
}

/* Closes the store, so that the file can be changed, opened again and refused. */
static void close_store(struct fixture *f)
{
    store_handle_close(f->handle);
    store_close(f->store);
    f->handle = NULL;
    f->store = NULL;
}

/* --- the file --------------------------------------------------------------------------------- */

static void test_file_is_for_its_owner_only(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm"};
    (void)fixture_user(f, "alice", NULL);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[128];
        struct stat status;
        path_of(f, names[i], path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void test_urls(void **state)
{
    static const struct {
        const char *url;
        const char *path;
    } good[] = {
        {"sqlite:x.db", "x.db"},
        {"sqlite:/a/x.db", "/a/x.db"},
        {"SQLITE:x.db", "x.db"},
        {"sqlite:///x.db", "x.db"}, /* SQLAlchemy: three slashes are relative, four absolute */
        {"sqlite:////a/x.db", "/a/x.db"},
        {"sqlite+aiosqlite:///x.db", "x.db"},
        {"sqlite+aiosqlite:////a/x.db", "/a/x.db"},
        {"sqlite+pysqlite:///a/x.db", "a/x.db"},
        {"sqlite:a b?c#d%20.db", "a b?c#d%20.db"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char path[FILE_PATH_SIZE];
        assert_result(sqlite_file_path_of(view_of(good[i].url), path, message, sizeof message), OK);
        assert_string_equal(path, good[i].path);
    }
}

static void test_urls_that_cannot_be(void **state)
{
    static const struct {
        const char *url;
        const char *excerpt;
    } bad[] = {
        {"", "must be given as"},
        {"x.db", "must be given as"},
        {"mysql://u:secret@h/d", "must be given as"},
#ifndef LATCHKEY_POSTGRES
        {"postgresql://u:secret@h/d", "no PostgreSQL support"},
        {"postgres://u:secret@h/d", "no PostgreSQL support"},
#endif
#ifndef LATCHKEY_MONGO
        {"mongodb://u:secret@h/d", "no MongoDB support"},
        {"mongodb+srv://u:secret@h/d", "no MongoDB support"},
#endif
        {"sqlite:", "needs the path"},
        {"sqlite://", "needs the path"},
        {"sqlite:///", "needs the path"},
        {"sqlite+aiosqlite://", "needs the path"},
        {"sqlite+aiosqlite:///:memory:", "not possible"},
        {"sqlite:///x.db?check_same_thread=false", "no parameters"},
        {"sqlite::memory:", ":memory:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct store *store = NULL;
        const struct store_options options = {.url = view_of(bad[i].url), .clock = clock_system()};
        assert_result(store_open(&options, &store, message, sizeof message), BAD_REQUEST);
        assert_null(store);
        assert_non_null(strstr(message, bad[i].excerpt));
        assert_null(strstr(message, "secret"));
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_places_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    char url[256];
    char path[128];
    (void)snprintf(url, sizeof url, "sqlite:%s/missing/x.db", f->folder);
    assert_refused(url, "does not exist");
    (void)snprintf(url, sizeof url, "sqlite:%s", f->folder);
    assert_refused(url, "is not a file");
    path_of(f, "text", path);
    write_file(path, "This is a text, and no database at all.\n");
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    assert_refused(url, "is not an SQLite database");
    (void)snprintf(url, sizeof url, "sqlite:%s/x.db", path);
    assert_refused(url, "is not a directory");
}

static void test_database_of_another_program(void **state)
{
    struct fixture *f = *state;
    char url[256];
    char path[128];
    path_of(f, "foreign.db", path);
    tamper(path, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    assert_refused(url, "another program");
    tamper(path, "SELECT x FROM t"); /* as it was, not even its journal mode changed */
}

/* --- the schema ------------------------------------------------------------------------------- */

static void test_newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];
    path_of(f, "test.db", path);
    close_store(f);
    tamper(path, "INSERT INTO schema_migrations (number, name, checksum, applied_ms)"
                 " VALUES ((SELECT max(number) + 1 FROM schema_migrations), 'later', 'x', 0)");
    assert_refused(f->url, "made by a newer version of latchkey (schema ");
}

static void test_altered_checksum_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];
    path_of(f, "test.db", path);
    close_store(f);
    tamper(path, "UPDATE schema_migrations SET checksum = 'x' || substr(checksum, 2)");
    assert_refused(f->url, "differs from the one that was applied");
}

static void test_gap_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];
    path_of(f, "test.db", path);
    close_store(f);
    tamper(path, "UPDATE schema_migrations SET number ="
                 " (SELECT max(number) + 1 FROM schema_migrations) WHERE number = 1");
    assert_refused(f->url, "differs from the one that was applied");
}

static void test_without_migration_an_empty_file_is_refused(void **state)
{
    struct fixture *f = *state;
    char url[256];
    struct store *store = NULL;
    (void)snprintf(url, sizeof url, "sqlite:%s/empty.db", f->folder);
    struct store_options options = {.url = view_of(url), .clock = clock_system(), .migrate = false};
    assert_result(store_open(&options, &store, message, sizeof message), INVALID);
    assert_non_null(strstr(message, "this binary needs"));
    options.url = view_of(f->url);
    assert_result(store_open(&options, &store, message, sizeof message), OK);
    store_close(store);
}

static void test_two_processes_make_one_schema(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 5; round++) {
        struct child pair[3];
        char url[256];
        (void)snprintf(url, sizeof url, "sqlite:%s/new%d.db", f->folder, round);
        for (size_t i = 0; i < ARRAY_LEN(pair); i++)
            pair[i] = fixture_spawn("open", url, "");
        for (size_t i = 0; i < ARRAY_LEN(pair); i++)
            assert_int_equal(fixture_wait(&pair[i]), 0);
        struct store *store = fixture_open(url, message, sizeof message);
        assert_non_null(store);
        store_close(store);
    }
}

/* --- locks and full disks --------------------------------------------------------------------- */

static void test_locked_by_another_process(void **state)
{
    struct fixture *f = *state;
    char path[128];
    char line[16];
    struct user user;
    path_of(f, "test.db", path);
    struct user before = fixture_user(f, "before", NULL);
    struct child holder = fixture_spawn("hold", path, "");
    assert_non_null(fgets(line, sizeof line, holder.output));
    assert_string_equal(line, "held\n");
    const struct user_draft draft = fixture_draft("alice", NULL);
    int64_t start_us = clock_monotonic_us();
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), STORE_UNAVAILABLE);
    assert_true(clock_monotonic_us() - start_us < LOCK_BOUND_US);
    (void)fixture_read(f, &before.id); /* readers do not wait */
    assert_int_equal(kill(holder.pid, SIGKILL), 0);
    assert_int_equal(fixture_wait(&holder), -SIGKILL);
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), OK);
}

/* A file that is not in write-ahead mode yet keeps readers out too: the start fails, in time. */
static void test_locked_at_the_start(void **state)
{
    struct fixture *f = *state;
    char path[128];
    char url[160];
    char line[16];
    path_of(f, "fresh.db", path);
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    struct child holder = fixture_spawn("hold", path, "");
    assert_non_null(fgets(line, sizeof line, holder.output));
    int64_t start_us = clock_monotonic_us();
    assert_refused(url, "is locked by another program");
    assert_true(clock_monotonic_us() - start_us < LOCK_BOUND_US);
    assert_int_equal(kill(holder.pid, SIGKILL), 0);
    assert_int_equal(fixture_wait(&holder), -SIGKILL);
}

/* No file of this process may grow beyond this: what a full disk looks like to SQLite. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full_disk(void **state)
{
    struct fixture *f = *state;
    char path[128];
    char name[32];
    struct stat status;
    struct user user;
    enum result result = RESULT_OK;
    struct user before = fixture_user(f, "before", NULL);
    path_of(f, "test.db-wal", path);
    assert_int_equal(stat(path, &status), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files((rlim_t)status.st_size + 20000);
    for (int i = 0; i < 100 && result == RESULT_OK; i++) {
        (void)snprintf(name, sizeof name, "user%d", i);
        const struct user_draft draft = fixture_draft(name, NULL);
        result = store_user_create(f->handle, &draft, &f->arena, &user);
    }
    assert_result(result, STORE_UNAVAILABLE);
    (void)fixture_read(f, &before.id);
    limit_files(RLIM_INFINITY);
    const struct user_key key = user_key_of(view_of(name));
    assert_result(store_user_get(f->handle, &key, &f->arena, &user), NOT_FOUND);
    (void)fixture_user(f, name, NULL);
}

/* --- log and metrics -------------------------------------------------------------------------- */

static void read_all(int fd, char *text, size_t size)
{
    ssize_t len = pread(fd, text, size - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
}

static void test_calls_are_counted_and_failures_logged(void **state)
{
    struct fixture *f = *state;
    char path[128];
    char text[64 * 1024];
    struct user user;
    struct builder builder;
    struct view written;
    path_of(f, "log", path);
    struct metrics *metrics = metrics_new();
    const struct log log = {.fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600),
                            .level = LOG_INFO,
                            .clock = clock_system()};
    const struct store_options options = {.url = view_of(f->url),
                                          .log = &log,
                                          .metrics = metrics,
                                          .clock = clock_system(),
                                          .migrate = true};
    close_store(f);
    assert_result(store_open(&options, &f->store, message, sizeof message), OK);
    f->handle = store_handle_open(f->store);
    const struct user_key key = user_key_of(VIEW("topsecretname"));
    assert_result(store_user_get(f->handle, &key, &f->arena, &user), NOT_FOUND);
    path_of(f, "test.db", path);
    tamper(path, "DROP TABLE user_roles");
    const struct user_draft draft = fixture_draft("topsecretname", "user");
    assert_result(store_user_create(f->handle, &draft, &f->arena, &user), INTERNAL);
    builder_init_fixed(&builder, text, sizeof text);
    metrics_write(metrics, &builder);
    assert_true(builder_end(&builder, &written));
    text[written.len] = '\0';
    assert_non_null(
        strstr(text, "latchkey_store_calls_total{op=\"user_get\",result=\"refused\"} 1\n"));
    assert_non_null(
        strstr(text, "latchkey_store_calls_total{op=\"user_create\",result=\"internal\"} 1\n"));
    assert_non_null(strstr(text, "latchkey_store_seconds_count{op=\"user_get\"} 1\n"));
    read_all(log.fd, text, sizeof text);
    assert_non_null(strstr(text, "\"op\":\"user_create\""));
    assert_null(strstr(text, "topsecretname"));
    close_store(f);
    (void)close(log.fd);
    metrics_free(metrics);
}

/* --- query plans ------------------------------------------------------------------------------ */

/* Tables that stay small: roles and keys are counted in dozens; what the search is due to learn is
   what one transaction has changed. The newest people are read from the end of their index, a
   sample. Of lists' orders there are 16 (lo), of blocks (lb, blocks) one for 32,000 people; changes
   since they were made (lc) are read up to a limit, or by the upkeep, which forgets them. A JSON
   array is what one page needs. */
static bool may_scan(const char *detail)
{
    static const char *const small[] = {"SCAN CONSTANT ROW",
                                        "SCAN roles",
                                        "SCAN signing_keys",
                                        "SCAN o",
                                        "SCAN users_search_due",
                                        "SCAN d",
                                        "SCAN c",
                                        "SCAN s",
                                        "SCAN sqlite_sequence",
                                        "SCAN d VIRTUAL TABLE",
                                        "SCAN lo",
                                        "SCAN lb",
                                        "SCAN lc",
                                        "SCAN users_search VIRTUAL TABLE INDEX 0:M",
                                        "SCAN ids",
                                        "SCAN blocks",
                                        "SCAN list_rounds",
                                        "SCAN list_changed",
                                        "SCAN list_orders",
                                        "SCAN list_blocks",
                                        "SCAN (subquery-",
                                        "SCAN users USING INDEX users_present_number"};
    for (size_t i = 0; i < ARRAY_LEN(small); i++) {
        if (strncmp(detail, small[i], strlen(small[i])) == 0)
            return true;
    }
    return false;
}

static void check_plan(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *plan = NULL;
    char text[4096];
    (void)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(db, text, -1, &plan, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        if (strncmp(detail, "SCAN", 4) == 0 && !may_scan(detail))
            fail_msg("%s: %s", detail, sql);
    }
    (void)sqlite3_finalize(plan);
}

static void test_no_statement_scans(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    char path[128];
    path_of(f, "test.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sql_add_functions(db), SQLITE_OK);
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        /* Stops at the first row; is there to count all. */
        if (i == STATEMENT_STANDING || i == STATEMENT_DUMP_COUNTS)
            continue;
        check_plan(db, sqlite_statements_text((enum statement)i));
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The statement's plan, a line each. */
static void explain(sqlite3 *db,
                    void (*write)(struct builder *, const struct product_list_request *),
                    const struct product_list_request *request, char plan[4096])
{
    static const char prefix[] = "EXPLAIN QUERY PLAN ";
    char text[PRODUCT_LIST_SQL_MAX_BYTES + sizeof prefix];
    struct builder b;
    struct view sql;
    sqlite3_stmt *statement = NULL;
    size_t len = 0;
    builder_init_fixed(&b, text, sizeof text);
    builder_text(&b, prefix);
    write(&b, request);
    assert_true(builder_end(&b, &sql));
    if (sqlite3_prepare_v2(db, sql.at, (int)sql.len, &statement, NULL) != SQLITE_OK)
        fail_msg("%.*s: %s", VIEW_ARG(sql), sqlite3_errmsg(db));
    plan[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW)
        len += (size_t)snprintf(plan + len, 4096 - len, "%s\n",
                                (const char *)sqlite3_column_text(statement, 3));
    (void)sqlite3_finalize(statement);
}

static void assert_plan(sqlite3 *db, const struct product_list_request *request, const char *wanted,
                        const char *unwanted)
{
    char plan[4096];
    explain(db, sqlite_product_list_write_page, request, plan);
    if (strstr(plan, wanted) == NULL || (unwanted != NULL && strstr(plan, unwanted) != NULL))
        fail_msg("wanted %s, not %s, in\n%s", wanted, unwanted, plan);
}

static void assert_count_plan(sqlite3 *db, const struct product_filter *filter, const char *wanted)
{
    char plan[4096];
    const struct product_list_request request = {.filter = *filter, .sort_count = 1};
    explain(db, sqlite_product_list_write_count, &request, plan);
    if (strstr(plan, wanted) == NULL)
        fail_msg("no %s in\n%s", wanted, plan);
}

/* Each order alone walks an index and sorts nothing, from the beginning and behind a position, in
   both directions; a search starts with the index of texts. */
static void check_order(sqlite3 *db, struct product_list_request request)
{
    static const struct product position = {.number = 7};
    assert_plan(db, &request, "p", "USE TEMP B-TREE");
    request.position = &position;
    assert_plan(db, &request, "SEARCH p USING", "USE TEMP B-TREE");
    request.filter.q = VIEW("abc");
    assert_plan(db, &request, "SCAN t VIRTUAL TABLE INDEX", "SCAN p");
    request.position = NULL;
    assert_plan(db, &request, "SEARCH p USING INTEGER PRIMARY KEY", "SCAN p");
}

static void check_list_plans(sqlite3 *db)
{
    for (int field = 0; field < PRODUCT_SORT_FIELD_COUNT; field++) {
        for (int turn = 0; turn < 4; turn++) {
            struct product_list_request request = {
                .sort = {{(enum product_sort_field)field, (turn & 1) != 0}},
                .sort_count = 1,
                .backward = (turn & 2) != 0,
            };
            check_order(db, request);
        }
    }
    const struct product_filter of_owner = {.has_owner = true};
    const struct product_filter of_price = {.has_min_price = true, .has_max_price = true};
    const struct product_filter of_beginning = {.q = VIEW("ab")};
    assert_count_plan(db, &of_owner, "SEARCH p USING COVERING INDEX products_owner");
    assert_count_plan(db, &of_price, "SEARCH p USING COVERING INDEX products_price");
    assert_count_plan(db, &of_beginning, "SEARCH p USING COVERING INDEX products_name");
}

static void test_plans_of_product_lists(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    char path[128];
    path_of(f, "test.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    check_list_plans(db);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* --- children --------------------------------------------------------------------------------- */

static int open_only(const char *url)
{
    struct store *store = fixture_open(url, message, sizeof message);
    struct store_handle *handle = store != NULL ? store_handle_open(store) : NULL;
    int status = handle != NULL && store_ping(handle) == RESULT_OK ? 0 : 1;
    if (status != 0)
        (void)fprintf(stderr, "%s\n", message);
    store_handle_close(handle);
    store_close(store);
    return status;
}

/* Takes the file's lock and keeps it until killed. */
static int hold_lock(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    (void)puts("held");
    (void)fflush(stdout);
    for (;;)
        (void)pause();
}

/* --- a time limit ----------------------------------------------------------------------------- */

/* How a statement without an end ends. */
static int run_endless(sqlite3 *db)
{
    return sqlite3_exec(db,
                        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
                        " SELECT count(*) FROM n",
                        NULL, NULL, NULL);
}

static void test_lists_are_given_up(void **state)
{
    sqlite3 *db = NULL;
    struct time_limit limit;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    time_limit_start(&limit, db, 0);
    assert_int_equal(run_endless(db), SQLITE_INTERRUPT);
    assert_true(time_limit_is_over(&limit));
    time_limit_end(&limit);
    time_limit_start(&limit, db, INT32_MAX);
    time_limit_set_steps(&limit, 5000);
    assert_int_equal(run_endless(db), SQLITE_INTERRUPT);
    assert_false(time_limit_is_over(&limit));
    time_limit_free_steps(&limit);
    assert_int_equal(sqlite3_exec(db, "SELECT 1", NULL, NULL, NULL), SQLITE_OK);
    time_limit_end(&limit);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_result(time_limit_result(RESULT_BUSY), STORE_UNAVAILABLE);
    assert_result(time_limit_result(RESULT_NOT_FOUND), NOT_FOUND);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_file_is_for_its_owner_only),
        cmocka_unit_test(test_lists_are_given_up),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_urls_that_cannot_be),
        FIXTURE_TEST(test_places_that_cannot_be),
        FIXTURE_TEST(test_database_of_another_program),
        FIXTURE_TEST(test_newer_schema_is_refused),
        FIXTURE_TEST(test_altered_checksum_is_refused),
        FIXTURE_TEST(test_gap_is_refused),
        FIXTURE_TEST(test_without_migration_an_empty_file_is_refused),
        FIXTURE_TEST(test_two_processes_make_one_schema),
        FIXTURE_TEST(test_locked_by_another_process),
        FIXTURE_TEST(test_locked_at_the_start),
        FIXTURE_TEST(test_full_disk),
        FIXTURE_TEST(test_calls_are_counted_and_failures_logged),
        FIXTURE_TEST(test_no_statement_scans),
        FIXTURE_TEST(test_plans_of_product_lists),
    };
    if (argc == 5 && strcmp(argv[1], "--child") == 0)
        return strcmp(argv[2], "open") == 0 ? open_only(argv[3]) : hold_lock(argv[3]);
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
