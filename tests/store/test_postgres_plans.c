/* The plans of PostgreSQL's statements: each finds its rows by an index. With scans of whole tables
   switched off, one stands in a plan only where there is no other way. */
#include <stdlib.h>

#include "fixture.h"
#include "fixture_postgres.h"
#include "store/postgres/people_sql.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/statements.h"

#define PLAN_SIZE 16384

/* The lines of an EXPLAIN. */
static void read_plan(PGconn *conn, const char *text, char plan[PLAN_SIZE])
{
    PGresult *answer = PQexec(conn, text);
    size_t used = 0;
    if (PQresultStatus(answer) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    plan[0] = '\0';
    for (int i = 0; i < PQntuples(answer) && used < PLAN_SIZE; i++)
        used += (size_t)snprintf(plan + used, PLAN_SIZE - used, "%s\n", PQgetvalue(answer, i, 0));
    PQclear(answer);
}

/* --- prepared statements ---------------------------------------------------------------------- */

/* Small tables that are read whole, or a look whether there is anything at all. */
static const enum statement whole[] = {
    STATEMENT_USER_ANY,          STATEMENT_ROLE_LIST,
    STATEMENT_KEY_LIST,          STATEMENT_STANDING,
    STATEMENT_PURGE_COUNTS,      STATEMENT_KEY_INSERT_FIRST,
    STATEMENT_KEY_RETIRE_OTHERS, STATEMENT_KEY_STANDING,
    STATEMENT_LOAD_COUNTER,      (enum statement)(STATEMENT_DUMP + RECORD_COUNTER),
    STATEMENT_SCHEMA_COLUMNS,
};

static bool may_scan(enum statement statement)
{
    for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
        if (whole[i] == statement)
            return true;
    }
    return false;
}

/* Those that read or change rows. */
static bool has_plan(const char *text)
{
    static const char *const verbs[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"};
    for (size_t i = 0; text != NULL && i < ARRAY_LEN(verbs); i++) {
        if (strncmp(text, verbs[i], strlen(verbs[i])) == 0)
            return true;
    }
    return false;
}

static int count_parameters(PGconn *conn)
{
    PGresult *described = PQdescribePrepared(conn, "looked_at");
    assert_int_equal(PQresultStatus(described), PGRES_COMMAND_OK);
    int count = PQnparams(described);
    PQclear(described);
    return count;
}

static void explain(PGconn *conn, enum statement statement, char plan[PLAN_SIZE])
{
    char text[512] = "EXPLAIN EXECUTE looked_at";
    PGresult *prepared = PQprepare(conn, "looked_at", postgres_statements_text(statement), 0, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(conn));
    PQclear(prepared);
    int parameters = count_parameters(conn);
    for (int i = 0; i < parameters; i++)
        (void)strcat(text, i == 0 ? " (NULL" : ", NULL");
    (void)strcat(text, parameters > 0 ? ")" : "");
    read_plan(conn, text, plan);
    (void)side_ask(conn, "DEALLOCATE looked_at");
}

static void test_no_statement_scans(void **state)
{
    struct fixture *f = *state;
    static char plan[PLAN_SIZE];
    int looked_at = 0;
    PGconn *conn = side_connect(f->url);
    (void)side_ask(conn, "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan");
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (!has_plan(postgres_statements_text((enum statement)i)))
            continue;
        explain(conn, (enum statement)i, plan);
        looked_at++;
        if (strstr(plan, "Seq Scan on") != NULL && !may_scan((enum statement)i))
            fail_msg("%s\n%s", postgres_statements_text((enum statement)i), plan);
    }
    assert_true(looked_at > 80);
    PQfinish(conn);
}

/* The planner knows nothing of a new database, and little of one that grows: whatever it expects,
   rotations find sessions by their keys, people by their sessions, and lock each row once. */
static void test_rotations_together(void **state)
{
    struct fixture *f = *state;
    static char plan[PLAN_SIZE];
    PGconn *conn = side_connect(f->url);
    (void)side_ask(conn, "SET plan_cache_mode = force_generic_plan");
    explain(conn, STATEMENT_SESSIONS_ROTATE, plan);
    assert_non_null(strstr(plan, "CTE Scan on a"));
    assert_non_null(strstr(plan, "Tid Scan on sessions"));
    assert_non_null(strstr(plan, "Index Scan using sessions_pkey on sessions"));
    assert_non_null(strstr(plan, "Index Scan using users_id_key on users"));
    explain(conn, STATEMENT_SESSIONS_LOOK, plan);
    assert_non_null(strstr(plan, "Index Scan using sessions_pkey on sessions"));
    assert_non_null(strstr(plan, "Index Scan using users_id_key on users"));
    PQfinish(conn);
}

/* --- lists ------------------------------------------------------------------------------------ */

/* The plan of a page or a count, for the values it has. */
static void explain_text(struct fixture *f, const struct postgres_text *text, char plan[PLAN_SIZE])
{
    struct postgres_text explained = *text;
    size_t used = 0;
    postgres_text_begin(&explained);
    postgres_text_add(&explained, "EXPLAIN ");
    builder_add(&explained.builder, view_make(text->text, text->builder.len));
    memcpy(explained.values, text->values, sizeof text->values);
    explained.count = text->count;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(f->handle));
    size_t lines = postgres_text_end(&explained, &batch);
    assert_result(pgsql_run(&batch), OK);
    for (size_t i = 0; i < pgsql_rows(&batch, lines) && used < PLAN_SIZE; i++) {
        struct pgsql_row row = pgsql_row(&batch, lines, i);
        struct view line = pgsql_get_view(&row, 0);
        used += (size_t)snprintf(plan + used, PLAN_SIZE - used, "%.*s\n", VIEW_ARG(line));
    }
}

static void expect(const char *plan, const char *wanted, const char *unwanted)
{
    if (strstr(plan, wanted) == NULL || (unwanted != NULL && strstr(plan, unwanted) != NULL))
        fail_msg("wanted: %s\n%s", wanted, plan);
}

/* People as there may be: the server chooses by what it knows of them. */
static void fill(struct fixture *f)
{
    static const char people[] =
        "SET enable_seqscan = off; SET statement_timeout = 0;"
        "INSERT INTO users (id, username, username_key, email, email_key, name, name_key, age,"
        " metadata, status, email_verified, created_ms, updated_ms, last_login_ms, deleted_ms)"
        " SELECT gen_random_uuid(), 'user' || i, 'user' || i, 'u' || i || '@example.com',"
        " 'u' || i || '@example.com', 'Name ' || i, 'name ' || i, i % 100, '{}',"
        " CASE WHEN i % 50 = 0 THEN 2 ELSE 1 END, true, 1800000000000 + i * 60000,"
        " 1800000000000 + i, 1800000000000 + i, CASE WHEN i % 100 = 7 THEN 1 END"
        " FROM generate_series(1, 20000) AS i;"
        "INSERT INTO user_roles SELECT number, 1 + number % 2 FROM users;"
        "ANALYZE users, user_roles"; /* not the catalogues that all databases share */
    assert_result(store_ping(f->handle), OK);
    postgres_handle_of(f->handle)->answer_ms = CONNECTION_BULK_ANSWER_MS;
    assert_result(pgsql_run_script(postgres_handle_of(f->handle), people), OK);
    /* What was added last stands beside the index of trigrams until it is cleaned up. */
    assert_result(pgsql_run_script(postgres_handle_of(f->handle),
                                   "SELECT gin_clean_pending_list('user_texts_present')"),
                  OK);
}

static void test_every_sort_has_an_index(void **state)
{
    static const char *const indexes[USER_SORT_COUNT] = {
        [USER_SORT_NUMBER] = "users_pkey",
        [USER_SORT_USERNAME] = "users_username_key",
        [USER_SORT_EMAIL] = "users_present_email",
        [USER_SORT_NAME] = "users_present_name",
        [USER_SORT_AGE] = "users_present_age",
        [USER_SORT_CREATED] = "users_present_created",
        [USER_SORT_UPDATED] = "users_present_updated",
        [USER_SORT_LAST_LOGIN] = "users_present_login",
        [USER_SORT_STATUS] = "users_present_status",
    };
    struct fixture *f = *state;
    const struct user position = {.username = VIEW("m"),
                                  .email = VIEW("m@x"),
                                  .name = VIEW("m"),
                                  .age = 4,
                                  .status = USER_ACTIVE};
    static char plan[PLAN_SIZE];
    fill(f);
    for (int field = 0; field < USER_SORT_COUNT; field++) {
        for (int variant = 0; variant < 4; variant++) {
            struct user_list_request request = {
                .filter.presence = USER_PRESENT,
                .sort = {{.field = (enum user_sort_field)field, .descending = variant % 2 != 0}},
                .sort_count = 1,
                .limit = 50,
                .position = variant < 2 ? NULL : &position,
            };
            const struct people_sql sql = {.request = &request, .keys = {VIEW("m")}};
            struct postgres_text text;
            people_sql_page(&text, &sql, 51);
            explain_text(f, &text, plan);
            expect(plan, indexes[field], "Seq Scan");
        }
    }
}

static void test_every_filter_has_an_index(void **state)
{
    static const struct {
        unsigned mask;
        const char *index;
        bool prefix;
    } rows[] = {
        {USER_FILTER_USERNAME, "users_username_key", false},
        {USER_FILTER_EMAIL, "users_email_key", false},
        {USER_FILTER_SEARCH, "user_texts_present", false},
        {USER_FILTER_SEARCH, "users_present_name", true},
        {USER_FILTER_ROLE, "user_roles_role", false},
        {USER_FILTER_STATUS, "users_present_status", false},
        {USER_FILTER_AGE, "users_present_age", false},
        {USER_FILTER_CREATED, "users_present_created", false},
    };
    struct fixture *f = *state;
    static char plan[PLAN_SIZE];
    fill(f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct user_list_request request = {
            .filter = {.mask = rows[i].mask,
                       .presence = USER_PRESENT,
                       .status = USER_DISABLED,
                       .min_age = 3,
                       .max_age = 4,
                       .created_after_ms = NOW,
                       .created_before_ms = NOW + DAY},
            .sort = {{.field = USER_SORT_NUMBER}},
            .sort_count = 1,
        };
        const struct people_sql sql = {
            .request = &request,
            .username = VIEW("m"),
            .email = VIEW("m@x"),
            .search = {VIEW("mm"), VIEW("mn"), rows[i].prefix},
            .search_like = VIEW("%mmm%"),
            .role_number = 2,
        };
        struct postgres_text text;
        people_sql_count(&text, &sql);
        explain_text(f, &text, plan);
        expect(plan, rows[i].index, "Seq Scan");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_no_statement_scans),
        FIXTURE_TEST(test_rotations_together),
        FIXTURE_TEST(test_every_sort_has_an_index),
        FIXTURE_TEST(test_every_filter_has_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
