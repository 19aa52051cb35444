/* Migrations of an SQLite file: killed at every statement, tried, looked at, refused. */
#include "fixture.h"

#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sql.h"
#include "../folder.h"

#define OLD_STEPS 4 /* of a database that was left behind */
#define PEOPLE 12

static char message[512];

struct place {
    char folder[64];
    char base[128]; /* a file of an older schema, with people */
    char path[128]; /* what a test works on */
    char url[144];
};

/* --- files ------------------------------------------------------------------------------------ */

static void execute(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %.200s", why, sql);
}

static sqlite3 *open_raw(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sql_add_functions(db), SQLITE_OK);
    return db;
}

static void remember(sqlite3 *db, const struct migration *step)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "INSERT INTO schema_migrations VALUES (%lld, '%s', '%s', 1)",
                   (long long)step->number, step->name, step->checksum);
    execute(db, sql);
}

/* As the version that had so many steps would have left it. */
static void make_base(const char *path, size_t steps)
{
    sqlite3 *db = open_raw(path);
    execute(db, "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                " checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT");
    for (size_t i = 0; i < steps; i++) {
        execute(db, migrations_sqlite.items[i].sql);
        remember(db, &migrations_sqlite.items[i]);
    }
    for (int i = 0; i < PEOPLE; i++) {
        char sql[512];
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO users (id, username, username_key, name, metadata, status,"
                       " email_verified, created_ms, updated_ms, deleted_ms) VALUES"
                       " (randomblob(16), 'User%d', 'user%d', '\xc3\x84nne %d', '{}', 1, 0, 1, 1,"
                       " iif(%d %% 3 = 0, 5, NULL))",
                       i, i, i, i);
        execute(db, sql);
    }
    execute(db, "INSERT INTO user_roles SELECT number, 1 + number % 2 FROM users");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void copy_file(const char *from, const char *to)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    char buffer[4096];
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char path[160];
        (void)snprintf(path, sizeof path, "%s%s", to, suffixes[i]);
        (void)unlink(path);
    }
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((len = fread(buffer, 1, sizeof buffer, in)) > 0)
        assert_int_equal(fwrite(buffer, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    (void)fclose(in);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    assert_true(folder_make(p->folder, sizeof p->folder));
    (void)snprintf(p->base, sizeof p->base, "%s/base.db", p->folder);
    (void)snprintf(p->path, sizeof p->path, "%s/work.db", p->folder);
    (void)snprintf(p->url, sizeof p->url, "sqlite:%s", p->path);
    make_base(p->base, OLD_STEPS);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", p->folder);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

/* The first column of the only row. */
static void ask(sqlite3 *db, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    (void)snprintf(out, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
}

static void ask_file(const char *path, const char *sql, char *out, size_t size)
{
    sqlite3 *db = open_raw(path);
    ask(db, sql, out, size);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define SCHEMA                                                                                     \
    "SELECT group_concat(type || name || coalesce(sql, ''), '|') FROM"                             \
    " (SELECT * FROM sqlite_master ORDER BY type, name)"
#define CONTENT                                                                                    \
    "SELECT group_concat(number || username || coalesce(name_key, '') || coalesce(deleted_ms, 0))" \
    " || (SELECT group_concat(user_number || ':' || role_number) FROM user_roles)"                 \
    " || (SELECT group_concat(kind || ',' || gone || ',' || value || ',' || count)"                \
    " FROM user_counts) FROM users"

/* --- steps ------------------------------------------------------------------------------------ */

struct noted {
    struct store_step items[64];
    size_t count;
};

static void note(void *context, const struct store_step *step)
{
    struct noted *noted = context;
    assert_true(noted->count < ARRAY_LEN(noted->items));
    noted->items[noted->count++] = *step;
}

static enum result migrate(const char *url, enum store_migrate_mode mode, struct noted *noted)
{
    const struct store_options options = {.url = view_of(url), .clock = clock_system()};
    const struct store_migrate_watch watch = {note, noted};
    noted->count = 0;
    return store_migrate(&options, mode, &watch, message, sizeof message);
}

/* --- SIGKILL ---------------------------------------------------------------------------------- */

static int statements_left;

static int kill_at(unsigned type, void *context, void *statement, void *text)
{
    (void)type;
    (void)context;
    (void)statement;
    (void)text;
    if (statements_left-- == 0)
        (void)raise(SIGKILL);
    return 0;
}

/* Every connection of the child counts its statements, those of triggers too. */
static int watch_connection(sqlite3 *db, const char **why, const struct sqlite3_api_routines *api)
{
    (void)why;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, kill_at, NULL);
}

static int child(const char *url, const char *statements)
{
    struct noted noted;
    statements_left = atoi(statements);
    if (sqlite3_auto_extension((void (*)(void))(uintptr_t)watch_connection) != SQLITE_OK)
        return 3;
    return migrate(url, STORE_MIGRATE_APPLY, &noted) == RESULT_OK ? 0 : 4;
}

static int run_child(const char *url, int statements)
{
    char number[16];
    char target[144];
    int status = 0;
    (void)snprintf(number, sizeof number, "%d", statements);
    (void)snprintf(target, sizeof target, "%s", url);
    char flag[] = "--child";
    char *const words[] = {flag, flag, target, number, NULL};
    pid_t pid = 0;
    /* Not fork: a copy of a sanitizer's memory, each time. */
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, words, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct reference {
    char schema[65536];
    char content[65536];
};

static void assert_migrated(const struct place *p, const struct reference *reference)
{
    static char text[65536];
    ask_file(p->path, "PRAGMA integrity_check", text, sizeof text);
    assert_string_equal(text, "ok");
    ask_file(p->path, SCHEMA, text, sizeof text);
    assert_string_equal(text, reference->schema);
    ask_file(p->path, CONTENT, text, sizeof text);
    assert_string_equal(text, reference->content);
}

/* After the kill the file is whole, has some of the steps from the beginning on, and the next start
   does the rest. */
static void check_after_kill(const struct place *p, const struct reference *reference)
{
    struct noted noted;
    char text[64];
    ask_file(p->path, "PRAGMA integrity_check", text, sizeof text);
    assert_string_equal(text, "ok");
    assert_result(migrate(p->url, STORE_MIGRATE_LOOK, &noted), OK);
    for (size_t i = 1; i < noted.count; i++)
        assert_true(noted.items[i - 1].state <= noted.items[i].state); /* applied, then pending */
    struct store *store = fixture_open(p->url, message, sizeof message);
    if (store == NULL)
        fail_msg("%s", message);
    store_close(store);
    assert_migrated(p, reference);
}

/* From that base (NULL: no file): killed at the first statement, the second, … */
static void kill_everywhere(const struct place *p, const char *base, int at_least)
{
    static struct reference reference;
    struct noted noted;
    int kills = 0;
    int status = -SIGKILL;
    if (base != NULL)
        copy_file(base, p->path);
    assert_result(migrate(p->url, STORE_MIGRATE_APPLY, &noted), OK);
    ask_file(p->path, SCHEMA, reference.schema, sizeof reference.schema);
    ask_file(p->path, CONTENT, reference.content, sizeof reference.content);
    while (status != 0) {
        copy_file(base != NULL ? base : "/dev/null", p->path);
        status = run_child(p->url, kills);
        if (status != 0) {
            assert_int_equal(status, -SIGKILL);
            check_after_kill(p, &reference);
            kills++;
        }
    }
    assert_migrated(p, &reference);
    assert_true(kills > at_least);
}

static void test_killed_at_every_statement(void **state)
{
    const struct place *p = *state;
    kill_everywhere(p, p->base, 50);
}

static void test_killed_at_every_statement_of_a_new_file(void **state)
{
    const struct place *p = *state;
    kill_everywhere(p, NULL, 100);
}

/* --- look, try, refuse ------------------------------------------------------------------------ */

static void test_status(void **state)
{
    const struct place *p = *state;
    struct noted noted;
    struct stat before;
    struct stat after;
    assert_result(migrate(p->url, STORE_MIGRATE_LOOK, &noted), OK);
    assert_int_equal(noted.count, migrations_sqlite.count);
    assert_int_equal(noted.items[0].state, STORE_STEP_PENDING);
    assert_int_equal(stat(p->path, &before), -1); /* none was made */
    copy_file(p->base, p->path);
    assert_int_equal(stat(p->path, &before), 0);
    assert_result(migrate(p->url, STORE_MIGRATE_LOOK, &noted), OK);
    for (size_t i = 0; i < noted.count; i++) {
        assert_int_equal(noted.items[i].number, i + 1);
        assert_int_equal(noted.items[i].state,
                         i < OLD_STEPS ? STORE_STEP_APPLIED : STORE_STEP_PENDING);
        assert_int_equal(noted.items[i].applied_ms, i < OLD_STEPS ? 1 : 0);
    }
    assert_int_equal(stat(p->path, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
}

static void test_try(void **state)
{
    const struct place *p = *state;
    static char before[65536];
    static char after[65536];
    struct noted noted;
    assert_result(migrate(p->url, STORE_MIGRATE_TRY, &noted), OK);
    assert_int_equal(noted.items[0].state, STORE_STEP_PENDING);
    copy_file(p->base, p->path);
    ask_file(p->path, SCHEMA, before, sizeof before);
    assert_result(migrate(p->url, STORE_MIGRATE_TRY, &noted), OK);
    assert_int_equal(noted.count, migrations_sqlite.count - OLD_STEPS);
    assert_int_equal(noted.items[0].state, STORE_STEP_DONE_NOW);
    ask_file(p->path, SCHEMA, after, sizeof after);
    assert_string_equal(before, after);
    /* One that would fail says so, and where. */
    sqlite3 *db = open_raw(p->path);
    execute(db, "CREATE TABLE user_counts (mine INTEGER)");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_result(migrate(p->url, STORE_MIGRATE_TRY, &noted), INTERNAL);
    assert_non_null(strstr(message, "schema step 5 (list) failed"));
    assert_result(migrate(p->url, STORE_MIGRATE_APPLY, &noted), INTERNAL);
    assert_result(migrate(p->url, STORE_MIGRATE_LOOK, &noted), OK);
    assert_int_equal(noted.items[OLD_STEPS].state, STORE_STEP_PENDING);
}

static void test_apply(void **state)
{
    const struct place *p = *state;
    struct noted noted;
    copy_file(p->base, p->path);
    assert_result(migrate(p->url, STORE_MIGRATE_APPLY, &noted), OK);
    assert_int_equal(noted.count, migrations_sqlite.count - OLD_STEPS);
    assert_int_equal(noted.items[0].number, OLD_STEPS + 1);
    assert_result(migrate(p->url, STORE_MIGRATE_APPLY, &noted), OK);
    assert_int_equal(noted.count, 0);
}

static void assert_manual(const struct place *p, const char *part)
{
    const struct store_options options = {
        .url = view_of(p->url), .clock = clock_system(), .migrate = false};
    struct store *store = NULL;
    assert_result(store_open(&options, &store, message, sizeof message), INVALID);
    if (strstr(message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, message);
}

static void test_manual_refuses_an_older_schema(void **state)
{
    const struct place *p = *state;
    struct noted noted;
    assert_manual(p, "schema 0, this binary needs");
    copy_file(p->base, p->path);
    assert_manual(p, "schema 4, this binary needs");
    assert_manual(p, "run latchkey migrate");
    assert_result(migrate(p->url, STORE_MIGRATE_APPLY, &noted), OK);
    const struct store_options options = {
        .url = view_of(p->url), .clock = clock_system(), .migrate = false};
    struct store *store = NULL;
    assert_result(store_open(&options, &store, message, sizeof message), OK);
    store_close(store);
}

/* A step that was changed after it was applied, and one of a newer version, are refused by all. */
static void test_what_does_not_fit_is_refused(void **state)
{
    static const struct {
        const char *sql;
        const char *part;
    } cases[] = {
        {"UPDATE schema_migrations SET checksum = 'x' WHERE number = 2", "differs from the one"},
        {"INSERT INTO schema_migrations VALUES (900, 'later', 'x', 1)", "by a newer version"},
    };
    const struct place *p = *state;
    struct noted noted;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        copy_file(p->base, p->path);
        assert_result(migrate(p->url, STORE_MIGRATE_APPLY, &noted), OK);
        sqlite3 *db = open_raw(p->path);
        execute(db, cases[i].sql);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        for (enum store_migrate_mode mode = STORE_MIGRATE_LOOK; mode <= STORE_MIGRATE_APPLY;
             mode++) {
            assert_result(migrate(p->url, mode, &noted), INVALID);
            if (strstr(message, cases[i].part) == NULL)
                fail_msg("\"%s\" is not in \"%s\"", cases[i].part, message);
        }
        assert_null(fixture_open(p->url, message, sizeof message));
    }
}

static void test_other_databases_are_left_alone(void **state)
{
    const struct place *p = *state;
    struct noted noted;
    sqlite3 *db = open_raw(p->path);
    execute(db, "CREATE TABLE mine (x INTEGER)");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (enum store_migrate_mode mode = STORE_MIGRATE_LOOK; mode <= STORE_MIGRATE_APPLY; mode++) {
        assert_result(migrate(p->url, mode, &noted), INVALID);
        assert_non_null(strstr(message, "is the database of another program"));
    }
    char schema[256];
    ask_file(p->path, SCHEMA, schema, sizeof schema);
    assert_string_equal(schema, "tablemineCREATE TABLE mine (x INTEGER)");
}

/* --- lists of what an older version has written ----------------------------------------------- */

/* With products, and their texts indexed as they were then. */
static void add_products(const char *path)
{
    sqlite3 *db = open_raw(path);
    execute(db,
            "INSERT INTO products (id, name, description, price_units, price_places, owner_id,"
            " created_ms, updated_ms) VALUES (randomblob(16), '\xc3\x84pfel', 'GR\xc3\x9cN', 5, 0,"
            " zeroblob(16), 1, 1), (randomblob(16), 'Zange', NULL, 7, 0, zeroblob(16), 1, 1)");
    execute(db, "INSERT INTO products_text (rowid, name, description)"
                " SELECT number, name, description FROM products");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void check_people(struct store_handle *handle, struct arena *arena)
{
    struct user_page page;
    const struct user_list_request request = {
        .filter = {.mask = USER_FILTER_SEARCH, .search = VIEW("\xc3\xa4NNE")},
        .sort = {{USER_SORT_NAME, true}},
        .sort_count = 1,
        .limit = 3,
        .counted = true,
    };
    assert_result(store_user_list(handle, &request, arena, &page), OK);
    assert_int_equal(page.total, PEOPLE - PEOPLE / 3);
    assert_int_equal(page.count, 3);
    assert_view(page.items[0].username, "User8");
    assert_view(page.items[1].username, "User7");
}

static void check_products(struct store_handle *handle, struct arena *arena)
{
    struct product_page page;
    struct product gone;
    struct product_list_request request = {
        .filter = {.q = VIEW("gr\xc3\xbcn")}, .limit = 10, .counted = true};
    assert_result(store_product_list(handle, &request, arena, &page), OK);
    assert_int_equal(page.total, 1);
    request.filter.q = VIEW("\xc3\xa4p");
    assert_result(store_product_list(handle, &request, arena, &page), OK);
    assert_int_equal(page.total, 1);
    const struct product_key key = {.kind = PRODUCT_BY_ID, .id = page.items[0].id};
    assert_result(store_product_delete(handle, &key, 0, arena, &gone), OK);
    request.filter.q = VIEW("gr\xc3\xbcn");
    assert_result(store_product_list(handle, &request, arena, &page), OK);
    assert_int_equal(page.total, 0);
}

static void test_lists_of_an_older_file(void **state)
{
    const struct place *p = *state;
    struct arena arena;
    bool more = true;
    arena_init(&arena, 0);
    copy_file(p->base, p->path);
    add_products(p->path);
    struct store *store = fixture_open(p->url, message, sizeof message);
    assert_non_null(store);
    struct store_handle *handle = store_handle_open(store);
    check_people(handle, &arena);
    while (more)
        assert_result(store_user_list_tend(handle, 0, &more), OK);
    check_people(handle, &arena);
    check_products(handle, &arena);
    store_handle_close(handle);
    store_close(store);
    arena_clear(&arena);
    sqlite3 *db = open_raw(p->path);
    execute(db, "INSERT INTO products_text (products_text) VALUES ('integrity-check')");
    execute(db, "INSERT INTO users_search (users_search) VALUES ('integrity-check')");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--child") == 0)
        return child(argv[2], argv[3]);
#define MIGRATE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        MIGRATE_TEST(test_killed_at_every_statement),
        MIGRATE_TEST(test_killed_at_every_statement_of_a_new_file),
        MIGRATE_TEST(test_status),
        MIGRATE_TEST(test_try),
        MIGRATE_TEST(test_apply),
        MIGRATE_TEST(test_manual_refuses_an_older_schema),
        MIGRATE_TEST(test_what_does_not_fit_is_refused),
        MIGRATE_TEST(test_other_databases_are_left_alone),
        MIGRATE_TEST(test_lists_of_an_older_file),
    };
    return cmocka_run_group_tests_name("sqlite_migrate", tests, NULL, NULL);
}
