/* How SQLite finds people by orders and sets: that it does, whatever filter and sort, that it gives
   up where it must, and that upkeep keeps up. What it finds is compared with the model in
   conformance_list.c. */
#include "list_model.h"

#include <sqlite3.h>

#include "base/utf8.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/list_build.h"
#include "store/sqlite/list_find.h"
#include "store/sqlite/list_half.h"
#include "store/sqlite/list_order.h"
#include "store/sqlite/list_planes.h"
#include "store/sqlite/list_rank.h"
#include "store/sqlite/list_search.h"
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

static int64_t count_commas(struct view json)
{
    int64_t commas = 0;
    for (size_t i = 0; i < json.len; i++) {
        commas += json.at[i] == ',';
    }
    return commas;
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
    assert_int_equal(count_commas(found.candidates), request.limit);
    assert_int_equal(found.total, number_of(f, "SELECT count FROM user_counts WHERE kind = 1"
                                               " AND gone = 0 AND value = 1"));
    assert_true(view_is(found.uncounted, "[]"));
}

/* Wherever the page begins, in whichever half, and whoever ties: few are handed over, and few of
   these left out again. */
static void test_candidates_are_few_with_every_offset(void **state)
{
    struct fixture *f = *state;
    (void)populate(f);
    (void)tend(f, 0);
    for (int first = 0; first < USER_SORT_COUNT; first++) {
        for (int second = 0; second < USER_SORT_COUNT; second++) {
            struct list_found found = {.offset = 0};
            struct user_list_request request = {
                .sort = {{(enum user_sort_field)first, (second & 1) != 0},
                         {(enum user_sort_field)second, (first & 1) != 0}},
                .sort_count = first == second ? 1 : 2,
                .offset = 300 * second + 17,
                .filter = {.mask = (first & 1) != 0 ? USER_FILTER_STATUS : 0,
                           .presence = USER_PRESENT_OR_GONE},
            };
            assert_result(find(f, &request, &found), OK);
            int64_t ties = 2 * LIST_TIES_FEW; /* of a half, at the page's beginning and its end */
            assert_in_range(found.offset, 0, LIST_TIES_FEW);
            assert_in_range(count_commas(found.candidates), request.limit,
                            2 * (request.limit + found.offset + ties));
        }
    }
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
    request.filter.mask = USER_FILTER_USERNAME_PART;
    assert_result(find(f, &request, &found), NOT_FOUND); /* sets do not say who has it */
    request.filter.mask = USER_FILTER_STATUS;
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

/* --- chunks ----------------------------------------------------------------------------------- */

/* A finding of somebody who only needs an order. */
static struct finding finding_of(struct fixture *f)
{
    struct finding finding = {.handle = sqlite_of(f), .arena = &f->arena};
    finding.limit = number_of(f, "SELECT max(number) + 1 FROM users");
    return finding;
}

/* Any range of ranks by chunks is as it is rank by rank. */
static void check_ranges(struct fixture *f, struct model *m, const struct list_order *order,
                         const struct list_planes *planes)
{
    struct finding finding = finding_of(f);
    for (int turn = 0; turn < 40; turn++) {
        struct number_set by_chunks;
        struct number_set by_rank;
        int64_t from = (int64_t)model_draw(m, (uint64_t)order->count + 1);
        int64_t until = from + (int64_t)model_draw(m, (uint64_t)(order->count - from) + 1);
        from = turn % 4 == 0 ? 0 : from;
        until = turn % 5 == 0 ? order->count : until;
        assert_true(number_set_init(&by_chunks, finding.limit, &f->arena));
        assert_true(number_set_init(&by_rank, finding.limit, &f->arena));
        assert_result(list_rank_add_chunks(&finding, order, planes, from, until, &by_chunks), OK);
        assert_result(list_rank_add(&finding, order, from, until, &by_rank), OK);
        assert_int_equal(number_set_count(&by_rank), until - from);
        assert_memory_equal(by_chunks.words, by_rank.words,
                            number_set_word_count(&by_rank) * sizeof *by_rank.words);
    }
}

/* Some of the order: those at every so-and-so-many-eth rank from one on. */
struct some {
    int64_t from;
    int64_t step;
};

static int64_t some_at(const struct some *some, const struct list_order *order, bool down,
                       int64_t index)
{
    int64_t count = (order->count - some->from + some->step - 1) / some->step;
    int64_t place = down ? count - 1 - index : index;
    return index < count ? some->from + place * some->step : -1;
}

/* The chunk of each of a set is that of its rank. */
static void check_finding(struct fixture *f, struct model *m, const struct list_order *order,
                          const struct list_planes *planes)
{
    struct finding finding = finding_of(f);
    for (int turn = 0; turn < 200; turn++) {
        const struct some some = {(int64_t)model_draw(m, (uint64_t)order->count),
                                  1 + (int64_t)model_draw(m, 300)};
        struct number_set set;
        assert_true(number_set_init(&set, finding.limit, &f->arena));
        for (int64_t rank = some.from; rank < order->count; rank += some.step) {
            int64_t number = 0;
            assert_result(list_order_at(sqlite_of(f), order, rank, &number), OK);
            number_set_add(&set, number);
        }
        bool down = turn % 2 != 0;
        int64_t index = (int64_t)model_draw(m, (uint64_t)number_set_count(&set) + 2);
        int64_t rank = some_at(&some, order, down, index);
        int64_t skip = index;
        int64_t chunk = list_planes_find(planes, down, &skip, &set);
        if (rank < 0) {
            assert_int_equal(chunk, -1);
            continue;
        }
        assert_int_equal(chunk, rank / planes->step);
        int64_t first = chunk * planes->step > some.from ? chunk * planes->step : some.from;
        int64_t last = (chunk + 1) * planes->step - 1;
        last = last < order->count ? last : order->count - 1;
        assert_int_equal(skip, (down ? last - rank : rank - first) / some.step);
    }
}

static void test_chunks_are_as_the_order(void **state)
{
    struct fixture *f = *state;
    struct model *m = populate(f);
    (void)tend(f, 0);
    for (int field = 1; field < USER_SORT_COUNT; field++) {
        struct list_order order;
        struct list_planes planes;
        int64_t limit = number_of(f, "SELECT max(number) + 1 FROM users");
        assert_result(list_order_find(sqlite_of(f), (enum user_sort_field)field, false, &order),
                      OK);
        assert_result(list_planes_read(sqlite_of(f), &order, limit, &f->arena, &planes), OK);
        assert_in_range((order.count + planes.step - 1) / planes.step, 25, LIST_CHUNKS_MAX);
        check_ranges(f, m, &order, &planes);
        check_finding(f, m, &order, &planes);
    }
}

static enum result read_planes(struct fixture *f, bool gone)
{
    struct list_order order;
    struct list_planes planes;
    enum result result = list_order_find(sqlite_of(f), USER_SORT_AGE, gone, &order);
    return result == RESULT_OK
               ? list_planes_read(sqlite_of(f), &order, MODEL_ROOM, &f->arena, &planes)
               : result;
}

/* Of another round, or not there, they are not used: an older server makes orders without them. */
static void test_chunks_of_another_round_are_left_alone(void **state)
{
    struct fixture *f = *state;
    (void)populate(f);
    (void)tend(f, 0);
    assert_result(read_planes(f, false), OK);
    assert_result(read_planes(f, true), NOT_FOUND); /* few among many */
    execute(f, "UPDATE list_orders SET round = round + 1000");
    assert_result(read_planes(f, false), NOT_FOUND);
    execute(f, "UPDATE list_orders SET round = round - 1000");
    assert_result(read_planes(f, false), OK);
    execute(f, "DELETE FROM list_order_parts WHERE id >> 32 >= 1024");
    assert_result(read_planes(f, false), NOT_FOUND);
    /* The orders of an older version are made anew, though nobody has changed. */
    assert_int_equal(tend(f, 500), SORTS_WITH_ORDER);
    assert_result(read_planes(f, false), OK);
    execute(f, "UPDATE list_orders SET round = (SELECT round + 1 FROM list_rounds) WHERE id = 8");
    execute(f, "UPDATE list_rounds SET round = round + 1");
    assert_int_equal(tend(f, 500), 1);
    assert_result(read_planes(f, false), OK);
    assert_int_equal(tend(f, 500), 0);
    /* Nobody is left, and with them their chunks. */
    execute(f, "UPDATE users SET deleted_ms = 1 WHERE deleted_ms IS NULL");
    (void)tend(f, 0);
    assert_result(read_planes(f, false), NOT_FOUND);
    assert_result(read_planes(f, true), OK);
}

/* --- many ------------------------------------------------------------------------------------- */

#define MANY 60000 /* so many that chunks are worth while */

/* By creation: few disabled people at the beginning, many far away, in the order of no number. */
static void populate_many(struct fixture *f)
{
    execute(f,
            "INSERT INTO users (id, username, username_key, metadata, status, email_verified,"
            " created_ms, updated_ms) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1"
            " FROM n WHERE i < 59999), p (k, i) AS (SELECT i, i * 7919 % 60000 FROM n)"
            " SELECT randomblob(16), 'many' || k, 'many' || k, '{}',"
            " iif(i BETWEEN 100 AND 105 OR i BETWEEN 50000 AND 50400, 2, 1), 0, i / 3, 1 FROM p");
    (void)tend(f, 0);
}

static int64_t number_at(struct fixture *f, const struct user_list_request *request,
                         const char *condition, int64_t place)
{
    const char *direction = request->sort[0].descending ? "DESC" : "ASC";
    const char *key = request->sort[0].field == USER_SORT_NUMBER ? "number" : "created_ms";
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "SELECT number FROM users WHERE %s ORDER BY %s %s, id %s LIMIT 1 OFFSET %lld",
                   condition, key, direction, direction, (long long)place);
    return number_of(f, sql);
}

/* The page at an offset, and those behind it by position. */
static void check_pages(struct fixture *f, struct user_list_request request, const char *condition,
                        int pages)
{
    struct user_page page = {.more = true};
    struct user position;
    int64_t place = request.offset;
    request.limit = 50;
    for (int i = 0; i < pages; i++) {
        assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
        assert_true(page.count > 0);
        assert_int_equal(page.items[0].number, number_at(f, &request, condition, place));
        place += (int64_t)page.count;
        position = page.items[page.count - 1];
        assert_int_equal(position.number, number_at(f, &request, condition, place - 1));
        request.position = &position;
        request.offset = 0;
    }
    assert_true(page.more == (number_at(f, &request, condition, place) > 0));
}

static void test_far_pages_of_many(void **state)
{
    struct fixture *f = *state;
    populate_many(f);
    for (int turn = 0; turn < 4; turn++) {
        struct user_list_request request = {
            .sort = {{turn < 2 ? USER_SORT_CREATED : USER_SORT_NUMBER, turn % 2 != 0}},
            .sort_count = 1,
        };
        request.filter = (struct user_filter){.mask = USER_FILTER_STATUS, .status = USER_DISABLED};
        check_pages(f, request, "status = 2", 9);
        request.filter.status = USER_ACTIVE;
        request.offset = 45000;
        check_pages(f, request, "status = 1", 2);
        request.filter.mask = 0;
        check_pages(f, request, "true", 2);
        request.offset = MANY - 20;
        check_pages(f, request, "true", 1);
        request.filter = (struct user_filter){
            .mask = USER_FILTER_CREATED, .created_after_ms = 4000, .created_before_ms = 19000};
        request.offset = 0;
        check_pages(f, request, "created_ms > 4000 AND created_ms < 19000", 2);
        request.offset = 40000;
        check_pages(f, request, "created_ms > 4000 AND created_ms < 19000", 2);
    }
}

/* --- searching -------------------------------------------------------------------------------- */

/* People in two blocks; in the second other names are frequent, and what is in the first is rare.
 */
static void populate_two_blocks(struct fixture *f)
{
    (void)populate(f);
    execute(f, "UPDATE sqlite_sequence SET seq = 31500 WHERE name = 'users'");
    execute(f, "INSERT INTO users (id, username, username_key, name, name_key, metadata, status,"
               " email_verified, created_ms, updated_ms) WITH RECURSIVE n (i) AS"
               " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
               " SELECT randomblob(16), 'late' || i, 'late' || i, t, t, '{}', 1, 0, 1, 1 FROM"
               " (SELECT i, CASE WHEN i % 50 = 0 THEN 'ana smith' WHEN i % 3 THEN 'bob smithers'"
               " ELSE 'zo de la x' || i END AS t FROM n)");
    (void)tend(f, 0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM list_blocks"), 2);
}

static void check_part(struct fixture *f, struct view part)
{
    struct number_set found;
    sqlite3_stmt *statement = NULL;
    int64_t limit = number_of(f, "SELECT max(number) + 1 FROM users");
    int64_t count = 0;
    assert_true(number_set_init(&found, limit, &f->arena));
    assert_result(list_search_add(sqlite_of(f), part, &f->arena, &found), OK);
    assert_int_equal(sqlite3_prepare_v2(sqlite_of(f)->db,
                                        "SELECT number FROM users WHERE instr(searched, ?1) > 0",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(statement, 1, part.at, (int)part.len, SQLITE_STATIC),
                     SQLITE_OK);
    for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
        if (!number_set_has(&found, sqlite3_column_int64(statement, 0))) {
            fail_msg("%.*s is not found", VIEW_ARG(part));
        }
    }
    (void)sqlite3_finalize(statement);
    if (number_set_count(&found) != count) {
        fail_msg("%.*s is found too often", VIEW_ARG(part));
    }
}

/* Parts of all lengths, frequent or rare, in one block or both, also over the end of a name. */
static void test_parts_are_found_as_they_stand(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"bob smithers", "zo de la x12", "zo\xC3\xAB smith",
                                        "bob o'neil",   "person12-x",   "p1200@example.com",
                                        "ana smith",    "late1499"};
    populate_two_blocks(f);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct view text = view_of(texts[i]);
        for (size_t from = 0; from < text.len; from++) {
            for (size_t until = from + 3; until <= text.len; until++) {
                struct view part = view_sub(text, from, until - from);
                if (utf8_is_valid(part) && search_text_is_indexed(part)) {
                    check_part(f, part);
                }
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
        FIXTURE_TEST(test_candidates_are_few_with_every_offset),
        FIXTURE_TEST(test_when_it_cannot),
        FIXTURE_TEST(test_upkeep_waits_for_changes),
        FIXTURE_TEST(test_older_rounds_are_not_kept),
        FIXTURE_TEST(test_orders_are_complete),
        FIXTURE_TEST(test_chunks_are_as_the_order),
        FIXTURE_TEST(test_chunks_of_another_round_are_left_alone),
        FIXTURE_TEST(test_far_pages_of_many),
        FIXTURE_TEST(test_parts_are_found_as_they_stand),
        FIXTURE_TEST(test_upkeep_in_a_race),
        FIXTURE_TEST(test_bulk_writes_do_what_triggers_do),
        FIXTURE_TEST(test_bulk_writes_know_all_triggers),
    };
    return cmocka_run_group_tests_name("list_find", tests, NULL, NULL);
}
