/* What only the SQLite back end promises of audit events: an index leads to each list, and no row
   is changed, not even by who opens the file. */
#include "fixture.h"

#include <sqlite3.h>

#include "store/sqlite/statements.h"

static sqlite3 *open_beside(const struct fixture *f)
{
    char path[128];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/test.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

/* What the plan has to begin with. */
static const struct {
    enum audit_way way;
    const char *plan;
} plans[] = {
    {AUDIT_WAY_USER, "USING INDEX audit_events_user (user_id=? AND id>? AND id<?)"},
    {AUDIT_WAY_NAME, "USING INDEX audit_events_name (user_name=? AND id>? AND id<?)"},
    {AUDIT_WAY_ACTOR, "USING INDEX audit_events_actor (actor_id=? AND id>? AND id<?)"},
    {AUDIT_WAY_ADDRESS, "USING INDEX audit_events_address (address=? AND id>? AND id<?)"},
    {AUDIT_WAY_EVENT, "USING INDEX audit_events_event (event=? AND id>? AND id<?)"},
    {AUDIT_WAY_SYSTEM, "USING INDEX audit_events_system (id>? AND id<?)"},
    {AUDIT_WAY_FAILURE, "USING INDEX audit_events_failure (id>? AND id<?)"},
    {AUDIT_WAY_TIME, "USING PRIMARY KEY (id>? AND id<?)"},
};

/* One step: that search, and no sorting after it. */
static void check_plan(sqlite3 *db, enum statement statement, const char *wanted)
{
    sqlite3_stmt *plan = NULL;
    char sql[4096];
    (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sqlite_statements_text(statement));
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(plan), SQLITE_ROW);
    const char *detail = (const char *)sqlite3_column_text(plan, 3);
    if (strstr(detail, wanted) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", wanted, detail);
    assert_int_equal(sqlite3_step(plan), SQLITE_DONE);
    (void)sqlite3_finalize(plan);
}

static void test_an_index_leads_to_each_list(void **state)
{
    sqlite3 *db = open_beside(*state);
    assert_int_equal(ARRAY_LEN(plans), AUDIT_WAY_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(plans); i++)
        check_plan(db, (enum statement)(STATEMENT_AUDIT_LIST + (int)plans[i].way), plans[i].plan);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_no_row_is_changed(void **state)
{
    struct fixture *f = *state;
    const struct audit_event event = {.id = id_new(NOW),
                                      .event = VIEW("login"),
                                      .outcome = AUDIT_SUCCESS,
                                      .actor = AUDIT_BY_NOBODY};
    assert_result(store_audit_append(f->handle, &event), OK);
    sqlite3 *db = open_beside(f);
    assert_int_equal(sqlite3_exec(db, "UPDATE audit_events SET event = 'x'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_string_equal(sqlite3_errmsg(db), "audit events are not changed");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_an_index_leads_to_each_list),
        FIXTURE_TEST(test_no_row_is_changed),
    };
    return cmocka_run_group_tests_name("sqlite_audit", tests, NULL, NULL);
}
