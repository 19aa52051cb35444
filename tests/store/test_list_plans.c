/* How SQLite runs the lists: every documented filter with every sort, in both directions, at the
   beginning and behind a position, along an index and never through the whole table. */
#include "fixture.h"

#include <sqlite3.h>

#include "model/limits.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/user_list_sql.h"

struct plan {
    char text[4096];
};

static sqlite3 *db_of(struct fixture *f)
{
    return ((struct sqlite_handle *)f->handle)->db;
}

/* sql: with EXPLAIN QUERY PLAN before it. */
static struct plan read_plan(struct fixture *f, struct view sql)
{
    struct plan plan = {""};
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db_of(f), sql.at, (int)sql.len, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %.*s", sqlite3_errmsg(db_of(f)), VIEW_ARG(sql));
    }
    while (sqlite3_step(statement) == SQLITE_ROW) {
        size_t len = strlen(plan.text);
        (void)snprintf(plan.text + len, sizeof plan.text - len, "%s\n",
                       (const char *)sqlite3_column_text(statement, 3));
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return plan;
}

static struct plan explain(struct fixture *f, const struct list_shape *shape,
                           void (*write)(struct builder *, const struct list_shape *))
{
    static const char prefix[] = "EXPLAIN QUERY PLAN ";
    char buffer[LIST_SQL_MAX_BYTES + sizeof prefix];
    struct builder b;
    struct view text;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_text(&b, prefix);
    write(&b, shape);
    assert_true(builder_end(&b, &text));
    return read_plan(f, text);
}

static void assert_no_table_scan(const struct plan *plan)
{
    static const char *const scans[] = {"SCAN u\n", "SCAN users\n", "SCAN user_roles\n",
                                        "SCAN ur\n", "AUTOMATIC"};
    for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
        if (strstr(plan->text, scans[i]) != NULL) {
            fail_msg("%s in\n%s", scans[i], plan->text);
        }
    }
}

static void assert_has(const struct plan *plan, const char *wanted)
{
    if (strstr(plan->text, wanted) == NULL) {
        fail_msg("no %s in\n%s", wanted, plan->text);
    }
}

static void check_walk(struct fixture *f, const struct user_list_request *request)
{
    const struct list_shape shape = {.request = request, .driver = LIST_WALK};
    struct plan plan = explain(f, &shape, list_sql_page);
    assert_no_table_scan(&plan);
    /* In the order of the index: nothing is sorted, so a page costs a page. */
    if (strstr(plan.text, "USE TEMP B-TREE") != NULL) {
        fail_msg("it sorts:\n%s", plan.text);
    }
    if (request->position != NULL) {
        assert_has(&plan, "SEARCH u USING");
    }
}

static void check_gather(struct fixture *f, const struct user_list_request *request,
                         enum list_driver driver)
{
    const struct list_shape shape = {
        .request = request, .driver = driver, .prefix = driver == LIST_BY_PREFIX};
    struct plan plan = explain(f, &shape, list_sql_page);
    assert_no_table_scan(&plan);
    plan = explain(f, &shape, list_sql_probe);
    assert_no_table_scan(&plan);
    plan = explain(f, &shape, list_sql_count);
    assert_no_table_scan(&plan);
}

/* Those found by sets are read one by one, by their numbers, whatever the filters. */
static void check_numbers(struct fixture *f, const struct user_list_request *request)
{
    const struct list_shape shape = {.request = request, .driver = LIST_BY_NUMBERS};
    struct plan plan = explain(f, &shape, list_sql_page);
    assert_no_table_scan(&plan);
    assert_has(&plan, "SCAN json_each VIRTUAL TABLE INDEX 1:");
    assert_has(&plan, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)");
    plan = explain(f, &shape, list_sql_count);
    assert_has(&plan, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)");
    plan = explain(f, &shape, list_sql_matches);
    assert_no_table_scan(&plan);
    assert_has(&plan, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)");
}

static const struct {
    unsigned mask;
    enum list_driver driver;
} filters[] = {
    {0, LIST_WALK},
    {USER_FILTER_SEARCH, LIST_BY_SEARCH},
    {USER_FILTER_SEARCH, LIST_BY_PREFIX},
    {USER_FILTER_USERNAME, LIST_BY_USERNAME},
    {USER_FILTER_EMAIL, LIST_BY_EMAIL},
    {USER_FILTER_ROLE, LIST_BY_ROLE},
    {USER_FILTER_STATUS, LIST_BY_STATUS},
    {USER_FILTER_AGE, LIST_BY_AGE},
    {USER_FILTER_CREATED, LIST_BY_CREATED},
};

static void check(struct fixture *f, struct user_list_request *request)
{
    static const struct user somebody = {.number = 7};
    for (int behind = 0; behind < 2; behind++) {
        for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
            request->position = behind != 0 ? &somebody : NULL;
            request->filter.mask = filters[i].mask;
            /* One name finds one person: nobody walks for that. */
            if ((filters[i].mask & (USER_FILTER_USERNAME | USER_FILTER_EMAIL)) == 0) {
                check_walk(f, request);
            }
            if (filters[i].mask != 0) {
                check_gather(f, request, filters[i].driver);
            }
            check_numbers(f, request);
        }
    }
}

static void test_every_filter_and_sort_uses_an_index(void **state)
{
    struct fixture *f = *state;
    for (int field = 0; field < USER_SORT_COUNT; field++) {
        for (int turn = 0; turn < 12; turn++) {
            struct user_list_request request = {
                .sort = {{(enum user_sort_field)field, (turn & 1) != 0}},
                .sort_count = 1,
                .backward = (turn & 2) != 0,
                .filter = {.presence = (enum user_presence)(1 + turn / 4)},
            };
            check(f, &request);
        }
    }
}

/* --- making orders ---------------------------------------------------------------------------- */

/* Along the index of the sort: nothing is sorted. */
static void check_order(struct fixture *f, enum user_sort_field sort, enum user_presence presence)
{
    static const char prefix[] = "EXPLAIN QUERY PLAN ";
    char buffer[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view text;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_text(&b, prefix);
    list_sql_order(&b, sort, presence);
    assert_true(builder_end(&b, &text));
    struct plan plan = read_plan(f, text);
    assert_has(&plan, "SCAN u USING INDEX users_");
    if (strstr(plan.text, "USE TEMP B-TREE") != NULL) {
        fail_msg("it sorts:\n%s", plan.text);
    }
}

static void test_every_order_is_made_along_its_index(void **state)
{
    struct fixture *f = *state;
    for (int field = USER_SORT_USERNAME; field < USER_SORT_COUNT; field++) {
        check_order(f, (enum user_sort_field)field, USER_PRESENT);
        check_order(f, (enum user_sort_field)field, USER_GONE);
    }
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Two records are read, each by its number. */
static void check_comparison(struct fixture *f, const struct list_comparison *comparison)
{
    char buffer[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view text;
    builder_init_fixed(&b, buffer, sizeof buffer);
    builder_format(&b, "EXPLAIN QUERY PLAN SELECT 1 FROM users AS u WHERE u.number = ?%d AND ",
                   LIST_NUMBER);
    list_sql_compare(&b, comparison);
    assert_true(builder_end(&b, &text));
    struct plan plan = read_plan(f, text);
    assert_no_table_scan(&plan);
    assert_has(&plan, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)");
    if (comparison->key == 0) {
        assert_has(&plan, "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)");
    }
}

static void test_people_are_compared_by_their_numbers(void **state)
{
    struct fixture *f = *state;
    for (int field = 0; field < USER_SORT_COUNT; field++) {
        for (int turn = 0; turn < 8; turn++) {
            const struct list_comparison comparison = {
                .field = (enum user_sort_field)field,
                .relation = (turn & 1) != 0 ? ">=" : "<",
                .tied = (turn & 2) != 0,
                .key = (turn & 4) != 0 ? LIST_KEY : 0,
            };
            check_comparison(f, &comparison);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_every_filter_and_sort_uses_an_index),
        FIXTURE_TEST(test_every_order_is_made_along_its_index),
        FIXTURE_TEST(test_people_are_compared_by_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
