/* The rows: all of ours are sound, and what is wrong with a row is found. */
#include "unit.h"

#include <stdbool.h>

#include "api/routes.h"
#include "http/router.h"

static const struct row_group *const groups[] = {
    &routes_auth,  &routes_sessions, &routes_users,    &routes_products,
    &routes_audit, &routes_server,   &routes_metrics,  &routes_docs,
    &routes_roles, &routes_oauth,    &routes_metadata,
};

#define ROWS_MAX 100

static size_t all_rows(const struct row *out[ROWS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        for (size_t j = 0; j < groups[i]->count; j++) {
            out[count++] = &groups[i]->rows[j];
        }
    }
    out[count++] = &routes_docs_file;
    return count;
}

static void test_all_rows_are_sound(void **state)
{
    const struct row *rows[ROWS_MAX];
    size_t count = all_rows(rows);
    for (size_t i = 0; i < count; i++) {
        const char *fault = row_fault(rows[i]);
        if (fault != NULL) {
            print_error("%s: %s\n", rows[i]->id, fault);
        }
        assert_null(fault);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(rows[i]->id, rows[j]->id);
        }
    }
}

static void test_all_rows_route(void **state)
{
    const struct row *rows[ROWS_MAX];
    struct route routes[ROWS_MAX];
    size_t count = all_rows(rows);
    for (size_t i = 0; i < count; i++) {
        routes[i] =
            (struct route){.method = rows[i]->method, .path = rows[i]->path, .operation = rows[i]};
    }
    char message[200] = "";
    struct router *router = router_new(routes, count, message, sizeof message);
    assert_string_equal(message, "");
    assert_non_null(router);
    router_free(router);
}

/* Only these may be done by nobody in particular. */
static void test_public_rows_are_known(void **state)
{
    static const char *const known[] = {
        "signUp",
        "logIn",
        "refresh",
        "live",
        "ready",
        "getKeys",
        "getOpenApi",
        "getNativeOpenApi",
        "getMetrics",
        "getDocuments",
        "getRoot",
        "getFile",
        "issueToken",
        "revokeToken",
        "getAuthorizationServer",
        "getOpenIdConfiguration",
    };
    const struct row *rows[ROWS_MAX];
    size_t count = all_rows(rows);
    for (size_t i = 0; i < count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < ARRAY_LEN(known); j++) {
            is_known = is_known || strcmp(known[j], rows[i]->id) == 0;
        }
        bool anybody = rows[i]->auth == ROW_PUBLIC || rows[i]->auth == ROW_CLIENT_OPTIONAL;
        assert_int_equal(anybody, is_known);
    }
}

/* What costs a hash or gives a session away has a rate class, unless an access token stands before
 * it. */
static void test_costly_public_rows_are_limited(void **state)
{
    const struct row *rows[ROWS_MAX];
    size_t count = all_rows(rows);
    for (size_t i = 0; i < count; i++) {
        bool anybody = rows[i]->auth == ROW_PUBLIC || rows[i]->auth == ROW_CLIENT_OPTIONAL;
        if (rows[i]->lane == ROW_HASH && anybody) {
            assert_int_not_equal(rows[i]->rate, ROW_FREE);
        }
        for (size_t j = 0; j < rows[i]->cases.count && anybody; j++) {
            assert_int_not_equal(rows[i]->cases.items[j].rate, ROW_FREE);
        }
    }
}

static void test_answers_follow_from_the_row(void **state)
{
    const struct row *login = &routes_auth.rows[1];
    assert_string_equal(login->id, "logIn");
    static const enum result of_login[] = {
        RESULT_OK,           RESULT_INVALID_CREDENTIALS,    RESULT_LOCKED,
        RESULT_RATE_LIMITED, RESULT_MALFORMED_JSON,         RESULT_MALFORMED_FORM,
        RESULT_INVALID,      RESULT_UNSUPPORTED_MEDIA_TYPE, RESULT_BODY_TOO_LARGE,
        RESULT_BUSY,         RESULT_STORE_UNAVAILABLE,      RESULT_BAD_REQUEST,
    };
    for (size_t i = 0; i < ARRAY_LEN(of_login); i++) {
        assert_true(row_declares(login, of_login[i]));
    }
    assert_false(row_declares(login, RESULT_MISSING_TOKEN));
    assert_false(row_declares(login, RESULT_FORBIDDEN));
    const struct row *live = &routes_server.rows[0];
    enum result results[RESULT_COUNT];
    assert_int_equal(row_answers(live, results), 2);
    assert_int_equal(results[0], RESULT_OK);
    assert_int_equal(results[1], RESULT_BAD_REQUEST);
}

/* --- each mistake is found -------------------------------------------------------------------- */

static enum result handle(struct api_call *call)
{
    (void)call;
    return RESULT_OK;
}

static struct view present(const struct api_call *call)
{
    return call->request->body;
}

static const enum result results[] = {RESULT_OK, RESULT_COUNT};

static const struct row sound = {
    .id = "sound",
    .method = METHOD_POST,
    .path = "/x/{id}",
    .lane = ROW_STORE,
    .auth = ROW_BEARER,
    .permission = "things:read",
    .rate = ROW_FREE,
    .results = results,
    .tag = "T",
    .summary = "S",
    .handle = handle,
};

struct pair {
    struct in_text a;
    struct in_integer b;
};

struct flagged {
    struct in_text a;
    struct in_boolean all;
};

static const struct field good_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct pair, a)},
    {.name = "b", .kind = FIELD_INTEGER, .offset = offsetof(struct pair, b)},
};
static const struct field outside_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = sizeof(struct pair) - 1}};
static const struct field twice_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct pair, a)},
    {.name = "a", .kind = FIELD_INTEGER, .offset = offsetof(struct pair, b)},
};
static const struct field nameless_fields[] = {{.kind = FIELD_TEXT}};
static const struct field kindless_fields[] = {{.name = "a"}};
static const struct field out_fields[] = {{.name = "a", .kind = FIELD_INSTANT}};
static const struct field object_fields[] = {{.name = "a", .kind = FIELD_OBJECT}};

#define TABLE(fields_)                                                                             \
    {                                                                                              \
        .name = "T", .size = sizeof(struct pair), FIELDS(fields_)                                  \
    }
static const struct table good_table = TABLE(good_fields);
static const struct table bad_tables[] = {
    TABLE(outside_fields),  TABLE(twice_fields), TABLE(nameless_fields),
    TABLE(kindless_fields), TABLE(out_fields),
};
static const struct table object_table = TABLE(object_fields);
static const struct field path_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct pair, a)}};
static const struct table path_table = TABLE(path_fields);

static const struct field flag_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct flagged, a)},
    {.name = "all", .kind = FIELD_BOOLEAN, .offset = offsetof(struct flagged, all)},
};
static const struct table flag_table = {
    .name = "F", .size = sizeof(struct flagged), FIELDS(flag_fields)};

static enum result find_owner(struct service_call *call, struct view key, struct id *owner)
{
    (void)call;
    (void)key;
    (void)owner;
    return RESULT_NOT_FOUND;
}

static void test_a_sound_row(void **state)
{
    struct row row = sound;
    assert_null(row_fault(&row));
    row.body = &good_table;
    row.body_forms = ROW_JSON | ROW_FORM;
    row.query = &good_table;
    assert_null(row_fault(&row));
    row.params = &path_table;
    row.owner = (struct row_owner){"a", find_owner};
    assert_null(row_fault(&row));
}

/* A member of the body asks for more when it is given; null gives nothing. */
static void test_guarded_member(void **state)
{
    struct row row = sound;
    struct pair body = {.b = {.given = true}};
    row.body = &good_table;
    row.body_forms = ROW_JSON;
    row.guarded = (struct row_guarded){"a", "things:all"};
    assert_null(row_fault(&row));
    assert_false(row_asks_guarded(&row, NULL, &body));
    body.a.given = true;
    assert_true(row_asks_guarded(&row, NULL, &body));
    body.a.null = true;
    assert_false(row_asks_guarded(&row, NULL, &body));
    assert_false(row_asks_guarded(&row, NULL, NULL));
}

/* Only a query in which the flag is true asks for more. */
static void test_guarded_flag(void **state)
{
    struct row row = sound;
    struct flagged query = {.a = {.given = true}};
    assert_false(row_asks_guarded(&row, &query, NULL));
    row.query = &flag_table;
    row.guarded = (struct row_guarded){"all", "things:all"};
    assert_null(row_fault(&row));
    assert_false(row_asks_guarded(&row, NULL, NULL));
    assert_false(row_asks_guarded(&row, &query, NULL));
    query.all = (struct in_boolean){.given = true};
    assert_false(row_asks_guarded(&row, &query, NULL));
    query.all.value = true;
    assert_true(row_asks_guarded(&row, &query, NULL));
}

static const struct field case_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct pair, a), .flags = FIELD_REQUIRED},
    {.name = "b", .kind = FIELD_INTEGER, .offset = offsetof(struct pair, b)},
};
static const struct table case_table = TABLE(case_fields);
static const struct row_case two_cases[] = {
    {.value = "one", .lane = ROW_HASH, .rate = ROW_RATE_LOGIN, .handle = handle},
    {.value = "two", .lane = ROW_STORE, .rate = ROW_FREE, .handle = handle},
};

static struct row with_cases(void)
{
    struct row row = sound;
    row.body = &case_table;
    row.body_forms = ROW_FORM;
    row.handle = NULL;
    row.cases = (struct row_cases){"a", two_cases, ARRAY_LEN(two_cases), RESULT_CONFLICT};
    return row;
}

static void test_cases(void **state)
{
    struct row row = with_cases();
    struct pair body = {.a = {.given = true, .text = VIEW("two")}};
    assert_null(row_fault(&row));
    assert_true(row_declares(&row, RESULT_CONFLICT));
    assert_ptr_equal(row_case_of(&row, &body), &two_cases[1]);
    body.a.text = VIEW("tw");
    assert_null(row_case_of(&row, &body));
    assert_null(row_case_of(&row, NULL));
    assert_null(row_case_of(&sound, &body));
}

static void test_a_right_asked_for(void **state)
{
    struct row row = sound;
    struct pair query = {.a = {.given = true, .text = VIEW("x:y")}};
    row.permission = NULL;
    row.query = &good_table;
    row.asked.permission = "a";
    assert_null(row_fault(&row));
    assert_true(row_declares(&row, RESULT_FORBIDDEN));
    assert_view(row_text(row.query, row.asked.permission, &query), "x:y");
    assert_null(row_text(row.query, row.asked.role, &query).at);
    assert_null(row_text(row.query, "b", &query).at);
    assert_null(row_text(row.query, "a", NULL).at);
}

/* Who shows client credentials is told when they are wrong, and when it was too often. */
static void test_rows_of_clients(void **state)
{
    struct row row = sound;
    row.auth = ROW_CLIENT_OR_BEARER;
    assert_null(row_fault(&row));
    assert_true(row_takes_client(&row));
    assert_true(row_declares(&row, RESULT_INVALID_CLIENT));
    assert_true(row_declares(&row, RESULT_RATE_LIMITED));
    assert_true(row_declares(&row, RESULT_MISSING_TOKEN));
    row.auth = ROW_CLIENT_OPTIONAL;
    row.permission = NULL;
    assert_null(row_fault(&row));
    assert_true(row_declares(&row, RESULT_INVALID_CLIENT));
    assert_false(row_declares(&row, RESULT_MISSING_TOKEN));
    assert_false(row_takes_client(&sound));
}

/* A change of a versioned record may be refused for its version, reading and creating may not. */
static void test_versioned_rows(void **state)
{
    struct row row = sound;
    row.versioned = true;
    assert_false(row_declares(&row, RESULT_PRECONDITION_FAILED));
    row.params = &path_table; /* a POST about a record that is there */
    assert_true(row_declares(&row, RESULT_PRECONDITION_FAILED));
    row.method = METHOD_GET;
    assert_false(row_declares(&row, RESULT_PRECONDITION_FAILED));
    row.method = METHOD_PATCH;
    assert_true(row_declares(&row, RESULT_PRECONDITION_FAILED));
    row.versioned = false;
    assert_false(row_declares(&row, RESULT_PRECONDITION_FAILED));
}

/* change is about `row`. */
#define ASSERT_FAULT(change)                                                                       \
    do {                                                                                           \
        row = sound;                                                                               \
        change;                                                                                    \
        assert_non_null(row_fault(&row));                                                          \
    } while (0)

static void test_a_forgotten_part_is_found(void **state)
{
    struct row row;
    ASSERT_FAULT(row.auth = 0);
    ASSERT_FAULT(row.lane = 0);
    ASSERT_FAULT((row.lane = ROW_GROUP, row.auth = ROW_PUBLIC, row.permission = NULL));
    ASSERT_FAULT(row.presented = present);
    ASSERT_FAULT((row.lane = ROW_GROUP, row.presented = present));
    ASSERT_FAULT(row.rate = 0);
    ASSERT_FAULT(row.handle = NULL);
    ASSERT_FAULT(row.id = NULL);
    ASSERT_FAULT(row.path = "x");
    ASSERT_FAULT(row.method = METHOD_UNKNOWN);
    ASSERT_FAULT(row.method = METHOD_HEAD);
    ASSERT_FAULT(row.summary = NULL);
    ASSERT_FAULT(row.tag = NULL);
    ASSERT_FAULT(row.results = NULL);
}

/* change is about the first of two cases, or the whole. */
#define ASSERT_CASE_FAULT(change)                                                                  \
    do {                                                                                           \
        struct row_case cases[] = {two_cases[0], two_cases[1]};                                    \
        struct row row = with_cases();                                                             \
        row.cases.items = cases;                                                                   \
        assert_null(row_fault(&row));                                                              \
        change;                                                                                    \
        assert_non_null(row_fault(&row));                                                          \
    } while (0)

static void test_a_bad_case_is_found(void **state)
{
    ASSERT_CASE_FAULT(cases[0].value = NULL);
    ASSERT_CASE_FAULT(cases[0].lane = 0);
    ASSERT_CASE_FAULT(cases[0].rate = 0);
    ASSERT_CASE_FAULT(cases[0].handle = NULL);
    ASSERT_CASE_FAULT(cases[0].presented = present);
    ASSERT_CASE_FAULT(cases[0].lane = ROW_GROUP);
    /* Rows of this one need a token. */
    ASSERT_CASE_FAULT((cases[0].lane = ROW_GROUP, cases[0].presented = present));
    ASSERT_CASE_FAULT(row.cases.count = 0);
    ASSERT_CASE_FAULT(row.cases.otherwise = RESULT_OK);
    ASSERT_CASE_FAULT(row.handle = handle);
    ASSERT_CASE_FAULT(row.cases.member = "b");
    ASSERT_CASE_FAULT(row.cases.member = "c");
    ASSERT_CASE_FAULT(row.body = &good_table);
}

static void test_a_contradiction_is_found(void **state)
{
    struct row row;
    static const enum result empty[] = {RESULT_COUNT};
    static const enum result bad_first[] = {RESULT_NOT_FOUND, RESULT_OK, RESULT_COUNT};
    ASSERT_FAULT(row.results = empty);
    ASSERT_FAULT(row.results = bad_first);
    ASSERT_FAULT(row.auth = ROW_PUBLIC);
    ASSERT_FAULT(row.auth = ROW_BEARER_ENDED);
    ASSERT_FAULT((row.auth = ROW_CLIENT_OR_BEARER, row.permission = NULL));
    ASSERT_FAULT(row.auth = ROW_CLIENT_OPTIONAL); /* with a permission */
    ASSERT_FAULT((row.query = &good_table, row.asked.permission = "b"));
    ASSERT_FAULT((row.query = &good_table, row.asked.role = "c"));
    ASSERT_FAULT(row.asked.role = "a");
    ASSERT_FAULT((row.query = &good_table, row.asked.role = "a", row.permission = NULL,
                  row.auth = ROW_PUBLIC));
    ASSERT_FAULT(row.permission = "things");
    ASSERT_FAULT(row.self_param = "id");
    ASSERT_FAULT((row.params = &good_table, row.self_param = "id", row.permission = NULL));
    ASSERT_FAULT((row.params = &good_table, row.owner.param = "a"));
    ASSERT_FAULT((row.params = &good_table, row.owner.find = find_owner));
    ASSERT_FAULT((row.owner = (struct row_owner){"a", find_owner}));
    ASSERT_FAULT((row.params = &path_table, row.owner = (struct row_owner){"b", find_owner}));
    ASSERT_FAULT((row.params = &path_table, row.owner = (struct row_owner){"a", find_owner},
                  row.permission = NULL));
    ASSERT_FAULT((row.params = &path_table, row.owner = (struct row_owner){"a", find_owner},
                  row.lane = ROW_INLINE));
    ASSERT_FAULT((row.params = &path_table, row.owner = (struct row_owner){"a", find_owner},
                  row.self_param = "a"));
    ASSERT_FAULT(row.body = &good_table);
    ASSERT_FAULT(row.body_forms = ROW_JSON);
    ASSERT_FAULT((row.method = METHOD_GET, row.body = &good_table, row.body_forms = ROW_JSON));
    ASSERT_FAULT((row.body = &object_table, row.body_forms = ROW_FORM));
    ASSERT_FAULT(row.query = &object_table);
    for (size_t i = 0; i < ARRAY_LEN(bad_tables); i++) {
        ASSERT_FAULT((row.body = &bad_tables[i], row.body_forms = ROW_JSON));
    }
    ASSERT_FAULT(row.reply = &bad_tables[0]);
    ASSERT_FAULT((row.query = &flag_table, row.guarded.member = "all"));
    ASSERT_FAULT((row.query = &flag_table, row.guarded.permission = "things:all"));
    ASSERT_FAULT(row.guarded = ((struct row_guarded){"all", "things:all"}));
    ASSERT_FAULT((row.query = &flag_table, row.guarded = (struct row_guarded){"al", "things:all"}));
    ASSERT_FAULT((row.query = &flag_table, row.guarded = (struct row_guarded){"a", "things:all"}));
    ASSERT_FAULT((row.query = &flag_table, row.guarded = (struct row_guarded){"all", "things"}));
    ASSERT_FAULT(
        (row.query = &flag_table, row.guarded = (struct row_guarded){"all", "things:read"}));
    ASSERT_FAULT((row.body = &good_table, row.body_forms = ROW_JSON,
                  row.guarded = (struct row_guarded){"c", "things:all"}));
}

/* Of dialects: path parameters that are checked, members that need a right of their own, bare
   lists, multipart forms. */
static const struct field id_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct pair, a), .format = "uuid"},
    {.name = "b", .kind = FIELD_INTEGER, .offset = offsetof(struct pair, b)},
};
static const struct field email_fields[] = {
    {.name = "a", .kind = FIELD_TEXT, .offset = offsetof(struct pair, a), .format = "email"}};
static const struct field truth_fields[] = {
    {.name = "a", .kind = FIELD_BOOLEAN, .offset = offsetof(struct pair, a)}};
static const struct table id_table = TABLE(id_fields);
static const struct table email_table = TABLE(email_fields);
static const struct table truth_table = TABLE(truth_fields);

static void test_checked_path_parameters(void **state)
{
    struct row row = sound;
    row.ignore_query = true;
    assert_false(row_declares(&row, RESULT_NOT_FOUND));
    assert_false(row_declares(&row, RESULT_INVALID));
    row.params = &path_table;
    assert_false(row_declares(&row, RESULT_NOT_FOUND));
    row.params = &id_table;
    assert_null(row_fault(&row));
    assert_true(row_declares(&row, RESULT_NOT_FOUND));
    assert_true(row_declares(&row, RESULT_INVALID));
    ASSERT_FAULT(row.params = &email_table);
    ASSERT_FAULT(row.params = &truth_table);
}

#define GUARDED(member_, permission_)                                                              \
    (row.body = &good_table, row.body_forms = ROW_JSON,                                            \
     row.guarded = (struct row_guarded){member_, permission_})

static void test_guards_need_somebody(void **state)
{
    struct row row = sound;
    row.permission = NULL;
    assert_false(row_declares(&row, RESULT_FORBIDDEN));
    GUARDED("a", "things:give");
    assert_null(row_fault(&row));
    assert_true(row_declares(&row, RESULT_FORBIDDEN));
    ASSERT_FAULT((GUARDED("a", "things:give"), row.body = NULL, row.body_forms = 0));
    ASSERT_FAULT((GUARDED("a", "things:give"), row.auth = ROW_PUBLIC, row.permission = NULL));
    ASSERT_FAULT((GUARDED("a", "things:give"), row.auth = ROW_BEARER_ENDED, row.permission = NULL));
}

static void test_forms(void **state)
{
    struct row row = sound;
    row.body = &good_table;
    row.body_forms = ROW_JSON;
    assert_false(row_declares(&row, RESULT_MALFORMED_FORM));
    row.body_forms = ROW_MULTIPART;
    assert_null(row_fault(&row));
    assert_true(row_declares(&row, RESULT_MALFORMED_FORM));
    ASSERT_FAULT((row.body = &object_table, row.body_forms = ROW_MULTIPART));
    ASSERT_FAULT(row.body_forms = ROW_MULTIPART);
}

static void test_bare_lists(void **state)
{
    static const struct field id_out[] = {{.name = "a", .kind = FIELD_ID}};
    static const struct table out_table = TABLE(id_out);
    struct row row = sound;
    row.reply = &out_table;
    row.reply_list = true;
    assert_null(row_fault(&row));
    ASSERT_FAULT(row.reply_list = true);
    ASSERT_FAULT((row.reply = &out_table, row.reply_type = "text/plain"));
}

/* FastAPI does not look at parameters that nobody asked for; native rows refuse them. */
static void test_queries_that_are_not_looked_at(void **state)
{
    struct row row = sound;
    assert_true(row_reads_query(&row));
    assert_true(row_declares(&row, RESULT_INVALID));
    row.ignore_query = true;
    assert_false(row_reads_query(&row));
    assert_false(row_declares(&row, RESULT_INVALID));
    row.query = &good_table;
    assert_true(row_reads_query(&row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_rows_are_sound),
        cmocka_unit_test(test_all_rows_route),
        cmocka_unit_test(test_public_rows_are_known),
        cmocka_unit_test(test_costly_public_rows_are_limited),
        cmocka_unit_test(test_answers_follow_from_the_row),
        cmocka_unit_test(test_a_sound_row),
        cmocka_unit_test(test_guarded_member),
        cmocka_unit_test(test_guarded_flag),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_a_right_asked_for),
        cmocka_unit_test(test_rows_of_clients),
        cmocka_unit_test(test_versioned_rows),
        cmocka_unit_test(test_a_bad_case_is_found),
        cmocka_unit_test(test_a_forgotten_part_is_found),
        cmocka_unit_test(test_a_contradiction_is_found),
        cmocka_unit_test(test_checked_path_parameters),
        cmocka_unit_test(test_guards_need_somebody),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_bare_lists),
        cmocka_unit_test(test_queries_that_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
