/* How SQLite finds people by orders and sets: that it does, whatever filter and sort, that it gives
   up where it must, and that upkeep keeps up. What it finds is compared with the model in
   conformance_list.c. */
#include "list_model.h"

#include <sqlite3.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/list_build.h"
#include "store/sqlite/list_find.h"
#include "store/sqlite/list_order.h"
#include "store/sqlite/number_set.h"
#include "store/sqlite/search_text.h"
#include "store/sqlite/user_list_sql.h"

#define RACERS 8
#define RACE_STEPS 25
#define SORTS_WITH_ORDER 8 /* all but the number */

static struct sqlite_handle *sqlite_of(struct fixture *f)
{
    return (struct sqlite_handle *)f->handle;
}

static int64_t number_of(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(sqlite_of(f)->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite_of(f)->db));
    }
    if (sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return number;
}

static void execute(struct fixture *f, const char *sql)
{
    if (sqlite3_exec(sqlite_of(f)->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite_of(f)->db));
    }
}

/* Returns how many steps there were. */
static int tend(struct fixture *f, int64_t changes_min)
{
    int steps = 0;
    for (bool more = true; more; steps++) {
        assert_result(store_user_list_tend(f->handle, changes_min, &more), OK);
    }
    return steps - 1;
}

static struct model *populate(struct fixture *f)
{
    struct model *m = arena_take(&f->arena, sizeof *m);
    assert_non_null(m);
    model_populate(f, m);
    return m;
}

/* --- finding ---------------------------------------------------------------------------------- */

/* The parameters that the filters of these tests need. */
static void set_values(struct fixture *f, const struct user_list_request *request,
                       struct sql_value values[LIST_PARAMETER_END])
{
    struct search_text text;
    memset(values, 0, LIST_PARAMETER_END * sizeof *values);
    assert_true(search_text_make(request->filter.search, &f->arena, &text));
    values[LIST_PART - 1] = sql_text(text.folded);
    values[LIST_PART_END - 1] = sql_text(text.end);
    values[LIST_ROLE - 1] = sql_number(2); /* "user" */
    values[LIST_STATUS - 1] = sql_number(request->filter.status);
    values[LIST_MIN_AGE - 1] = sql_number(10);
    values[LIST_MAX_AGE - 1] = sql_number(90);
    values[LIST_AFTER - 1] = sql_number(NOW);
    values[LIST_BEFORE - 1] = sql_number(NOW + 9 * DAY);
}

static enum result find(struct fixture *f, struct user_list_request *request,
                        struct list_found *out)
{
    struct sql_value values[LIST_PARAMETER_END];
    request->filter.status = USER_ACTIVE;
    request->limit = 50;
    set_values(f, request, values);
    return list_find(sqlite_of(f), &f->arena, request, values, out);
}

static const struct {
    unsigned mask;
    const char *search;
} filters[] = {
    {0, ""},
    {USER_FILTER_SEARCH, "person"}, /* nearly all */
    {USER_FILTER_SEARCH, "smi"},
    {USER_FILTER_SEARCH, "person12"},
    {USER_FILTER_SEARCH, "no such"},
    {USER_FILTER_SEARCH, "p"},
    {USER_FILTER_SEARCH, "zo"},
    {USER_FILTER_ROLE, ""},
    {USER_FILTER_STATUS, ""},
    {USER_FILTER_AGE, ""},
    {USER_FILTER_CREATED, ""},
    {USER_FILTER_ROLE | USER_FILTER_STATUS | USER_FILTER_AGE, ""},
};

static void find_each(struct fixture *f, enum user_sort_field field, enum user_presence presence)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        struct list_found found = {.offset = 0};
        struct user_list_request request = {
            .sort = {{field, i % 2 != 0}},
            .sort_count = 1,
            .filter = {.mask = filters[i].mask,
                       .search = view_of(filters[i].search),
                       .presence = presence},
        };
        assert_result(find(f, &request, &found), OK);
        assert_true(found.candidates.len >= 2 && found.candidates.at[0] == '[');
    }
}

static void test_every_filter_and_sort_is_found_so(void **state)
{
    struct fixture *f = *state;
    (void)populate(f);
    (void)tend(f, 0);
    for (int field = 0; field < USER_SORT_COUNT; field++) {
        find_each(f, (enum user_sort_field)field, USER_PRESENT);
        find_each(f, (enum user_sort_field)field, USER_GONE);
        find_each(f, (enum user_sort_field)field, USER_PRESENT_OR_GONE);
    }
}

/* Of thousands who match, the page's own are handed over, and one more. */
static void test_candidates_are_as_many_as_the_page_needs(void **state)
{
    struct fixture *f = *state;
    struct list_found found;
    struct user_list_request request = {
        .sort = {{USER_SORT_NAME, false}},
        .sort_count = 1,
        .filter = {.mask = USER_FILTER_STATUS, .presence = USER_PRESENT},
    };
    (void)populate(f);
    (void)tend(f, 0);
    assert_result(find(f, &request, &found), OK);
    int commas = 0;
    for (size_t i = 0; i < found.candidates.len; i++) {
        commas += found.candidates.at[i] == ',';
    }
    assert_int_equal(commas, request.limit);
    assert_int_equal(found.total, number_of(f, "SELECT count FROM user_counts WHERE kind = 1"
                                               " AND gone = 0 AND value = 1"));
    assert_true(view_is(found.uncounted, "[]"));
}

static void test_when_it_cannot(void **state)
{
    struct fixture *f = *state;
    struct list_found found;
    struct user_list_request request = {
        .sort = {{USER_SORT_NAME, false}},
        .sort_count = 1,
        .filter = {.mask = USER_FILTER_STATUS, .presence = USER_PRESENT},
    };
    (void)populate(f);
    assert_result(find(f, &request, &found), NOT_FOUND); /* nothing has been made yet */
    (void)tend(f, 0);
    assert_result(find(f, &request, &found), OK);
    request.sort[1] = (struct user_sort){USER_SORT_AGE, false};
    request.sort_count = 2;
    assert_result(find(f, &request, &found), NOT_FOUND); /* ties of thousands */
    request.sort_count = 1;
    execute(f, "UPDATE users SET name_key = name_key || 'x' WHERE number < 2500");
    assert_result(find(f, &request, &found), NOT_FOUND); /* too much has changed */
    request.sort[0].field = USER_SORT_AGE;
    assert_result(find(f, &request, &found), OK); /* but no ages */
    (void)tend(f, 0);
    request.sort[0].field = USER_SORT_NAME;
    assert_result(find(f, &request, &found), OK);
}

/* --- upkeep ----------------------------------------------------------------------------------- */

static int64_t count_orders(struct fixture *f)
{
    return number_of(f, "SELECT count(*) FROM list_orders");
}

static void test_upkeep_waits_for_changes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tend(f, 1), 0); /* nobody is there */
    (void)populate(f);
    assert_int_equal(tend(f, MODEL_PEOPLE + 1), 0);
    assert_true(tend(f, 100) > 0);
    assert_int_equal(count_orders(f), 2 * SORTS_WITH_ORDER);
    assert_int_equal(number_of(f, "SELECT count(*) FROM list_changed"), 0);
    assert_int_equal(tend(f, 0), 0);
    int64_t round = number_of(f, "SELECT round FROM list_rounds");

    execute(f, "UPDATE users SET age = 7 WHERE number BETWEEN 100 AND 149");
    assert_int_equal(number_of(f, "SELECT count(*) FROM list_changed"), 50);
    assert_int_equal(tend(f, 51), 0);
    assert_int_equal(number_of(f, "SELECT round FROM list_rounds"), round);
    /* Both halves of the one order, and what is known then is forgotten. */
    assert_int_equal(tend(f, 50), 3);
    assert_int_equal(number_of(f, "SELECT round FROM list_rounds"), round + 2);
    assert_int_equal(number_of(f, "SELECT count(*) FROM list_changed"), 0);
}

/* A process that was slow does not undo what a faster one has made. */
static void test_older_rounds_are_not_kept(void **state)
{
    struct fixture *f = *state;
    static const char names[] =
        "SELECT sum(length(numbers)) FROM list_order_parts WHERE id >> 32 = 6";
    (void)populate(f);
    (void)tend(f, 0);
    int64_t before = number_of(f, names);
    int64_t round = number_of(f, "SELECT round FROM list_orders WHERE id = 6");
    execute(f, "DELETE FROM users WHERE number < 1000");
    assert_result(list_build_order(sqlite_of(f), 6, round - 1), OK);
    assert_int_equal(number_of(f, names), before);
    assert_result(list_build_order(sqlite_of(f), 6, round + 1), OK);
    assert_true(number_of(f, names) < before);
    int64_t terms = number_of(f, "SELECT count(*) FROM list_terms");
    assert_true(terms > 0);
    assert_result(list_build_block(sqlite_of(f), 0, 1), OK);
    assert_int_equal(number_of(f, "SELECT count(*) FROM list_terms"), terms);
    assert_int_equal(number_of(f, "SELECT count(*) FROM list_terms AS t WHERE NOT EXISTS"
                                  " (SELECT 1 FROM list_bits AS b WHERE b.id = t.bits)"),
                     0);
}

/* Orders hold all there are, once, whatever is deleted. */
static void test_orders_are_complete(void **state)
{
    struct fixture *f = *state;
    (void)populate(f);
    (void)tend(f, 0);
    int64_t present = number_of(f, "SELECT count(*) FROM users WHERE deleted_ms IS NULL");
    int64_t gone = number_of(f, "SELECT count(*) FROM users WHERE deleted_ms IS NOT NULL");
    for (int field = 1; field < USER_SORT_COUNT; field++) {
        for (int half = 0; half < 2; half++) {
            struct list_order order;
            assert_result(
                list_order_find(sqlite_of(f), (enum user_sort_field)field, half == 1, &order), OK);
            assert_int_equal(order.count, half == 1 ? gone : present);
            struct number_set seen;
            assert_true(number_set_init(&seen, MODEL_ROOM, &f->arena));
            for (int64_t rank = 0; rank < order.count; rank++) {
                int64_t number = 0;
                assert_result(list_order_at(sqlite_of(f), &order, rank, &number), OK);
                assert_false(number_set_has(&seen, number));
                number_set_add(&seen, number);
            }
        }
    }
}

/* --- races ------------------------------------------------------------------------------------ */

static void change_some(struct racer *racer)
{
    struct model *m = racer->context;
    for (unsigned i = 0; i < RACE_STEPS && racer->result == RESULT_OK; i++) {
        const struct user *user = &m->people[racer->index * 100 + i];
        const struct user_patch patch = {.mask = USER_FIELD_AGE | USER_FIELD_NAME,
                                         .age = (int)i,
                                         .name = VIEW("Raced Person"),
                                         .now_ms = NOW};
        racer->result = store_user_update(racer->handle, &user->id, &patch, &racer->arena, NULL);
        if (racer->result == RESULT_NOT_FOUND) {
            racer->result = RESULT_OK; /* one who is deleted */
        }
    }
}

static void tend_some(struct racer *racer)
{
    bool more = true;
    for (unsigned i = 0; i < RACE_STEPS && racer->result == RESULT_OK; i++) {
        racer->result = store_user_list_tend(racer->handle, 0, &more);
    }
}

static void race(struct racer *racer)
{
    racer->result = RESULT_OK;
    if (racer->index % 2 == 0) {
        change_some(racer);
    } else {
        tend_some(racer);
    }
}

/* Several tend while others write: nobody fails, and in the end everything is right. */
static void test_upkeep_in_a_race(void **state)
{
    struct fixture *f = *state;
    struct racer racers[RACERS];
    struct user_page page;
    struct model *m = populate(f);
    fixture_race(f->store, racers, RACERS, race, m);
    for (unsigned i = 0; i < RACERS; i++) {
        assert_result(racers[i].result, OK);
    }
    (void)tend(f, 0);
    const struct user_list_request raced = {
        .filter = {.mask = USER_FILTER_SEARCH, .search = VIEW("raced per")},
        .sort = {{USER_SORT_AGE, false}},
        .sort_count = 1,
        .limit = 1000,
        .counted = true,
    };
    assert_result(store_user_list(f->handle, &raced, &f->arena, &page), OK);
    assert_int_equal(page.total, number_of(f, "SELECT count(*) FROM users WHERE deleted_ms IS NULL"
                                              " AND name = 'Raced Person'"));
    assert_int_equal(page.count, page.total);
    for (size_t i = 1; i < page.count; i++) {
        assert_true(page.items[i - 1].age <= page.items[i].age);
    }
}

/* --- many at once ----------------------------------------------------------------------------- */

/* What bulk.c keeps up in place of triggers. */
static void assert_kept(struct fixture *f)
{
    static const char *const differences[] = {
        "SELECT count(*) FROM (SELECT deleted_ms IS NOT NULL AS gone, status AS value, count(*) AS "
        "n"
        " FROM users GROUP BY 1, 2) AS u WHERE n IS NOT (SELECT count FROM user_counts AS c"
        " WHERE c.kind = 1 AND c.gone = u.gone AND c.value = u.value)",
        "SELECT count(*) FROM (SELECT u.deleted_ms IS NOT NULL AS gone, ur.role_number AS value,"
        " count(*) AS n FROM users AS u JOIN user_roles AS ur ON ur.user_number = u.number"
        " GROUP BY 1, 2) AS u WHERE n IS NOT (SELECT count FROM user_counts AS c"
        " WHERE c.kind = 2 AND c.gone = u.gone AND c.value = u.value)",
        "SELECT count(*) FROM (SELECT deleted_ms IS NOT NULL AS gone, age AS value, count(*) AS n"
        " FROM users WHERE age IS NOT NULL GROUP BY 1, 2) AS u WHERE n IS NOT (SELECT count"
        " FROM user_counts AS c WHERE c.kind = 3 AND c.gone = u.gone AND c.value = u.value)",
        "SELECT count(*) FROM (SELECT deleted_ms IS NOT NULL AS gone, created_ms / 86400000 AS"
        " value, count(*) AS n FROM users GROUP BY 1, 2) AS u WHERE n IS NOT (SELECT count"
        " FROM user_counts AS c WHERE c.kind = 4 AND c.gone = u.gone AND c.value = u.value)",
        "SELECT count(*) FROM users_search_due",
        "SELECT count(*) FROM users WHERE number NOT IN (SELECT number FROM list_changed)",
        "SELECT (SELECT count(*) FROM users_search WHERE users_search MATCH '\"person\"')"
        " <> (SELECT count(*) FROM users WHERE instr(searched, 'person') > 0)",
    };
    for (size_t i = 0; i < ARRAY_LEN(differences); i++) {
        if (number_of(f, differences[i]) != 0) {
            fail_msg("%s", differences[i]);
        }
    }
    assert_int_equal(number_of(f, "SELECT sum(count) FROM user_counts WHERE kind = 1"),
                     number_of(f, "SELECT count(*) FROM users"));
}

static void test_bulk_writes_do_what_triggers_do(void **state)
{
    struct fixture *f = *state;
    struct user_import rows[3] = {{.draft = fixture_draft("person-a", "user")},
                                  {.draft = fixture_draft("person-b", NULL)},
                                  {.draft = fixture_draft("PERSON-A", "user")}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rows[i].draft.age = 3;
        rows[i].identity = USER_IMPORT_BY_NAMES;
    }
    (void)populate(f);
    assert_kept(f);
    assert_result(store_users_import(f->handle, rows, ARRAY_LEN(rows)), OK);
    assert_int_equal(rows[2].outcome, USER_IMPORT_PRESENT);
    assert_kept(f);
    /* Triggers are on again, and were off for nobody else. */
    (void)fixture_user(f, "person-c", "user");
    assert_kept(f);
    struct user_seed taken = {.draft = fixture_draft("person-c", "user")};
    assert_result(store_user_seed(f->handle, &taken, 1), USERNAME_TAKEN);
    (void)fixture_user(f, "person-d", "user");
    assert_kept(f);
}

/* Whoever adds a trigger must think of bulk.c. */
static void test_bulk_writes_know_all_triggers(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        number_of(f, "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
                     " AND tbl_name IN ('users', 'user_roles') AND sql LIKE '%AFTER INSERT%'"
                     " AND name NOT IN ('users_inserted', 'user_roles_inserted',"
                     " 'list_inserted', 'list_role_given')"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_every_filter_and_sort_is_found_so),
        FIXTURE_TEST(test_candidates_are_as_many_as_the_page_needs),
        FIXTURE_TEST(test_when_it_cannot),
        FIXTURE_TEST(test_upkeep_waits_for_changes),
        FIXTURE_TEST(test_older_rounds_are_not_kept),
        FIXTURE_TEST(test_orders_are_complete),
        FIXTURE_TEST(test_upkeep_in_a_race),
        FIXTURE_TEST(test_bulk_writes_do_what_triggers_do),
        FIXTURE_TEST(test_bulk_writes_know_all_triggers),
    };
    return cmocka_run_group_tests_name("list_find", tests, NULL, NULL);
}
