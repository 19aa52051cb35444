/* The dialects' rows are sound and go with the native ones; refusals as FastAPI writes them; a
   user as the templates know one. */
#include "unit.h"

#include <stdio.h>

#include "api/api.h"
#include "api/routes.h"
#include "dialects/dialects.h"
#include "dialects/fastapi.h"
#include "dialects/person.h"
#include "model/limits.h"

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_clear(&arena);
    return 0;
}

/* --- sets ------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
    assert_int_equal(dialect_count > 0, 1);
    for (size_t i = 0; i < dialect_count; i++) {
        const struct row_set *set = dialects[i];
        assert_ptr_equal(dialect_find(view_of(set->name)), set);
        assert_non_null(set->title);
        assert_non_null(set->description);
        assert_non_null(set->style);
        assert_non_null(set->scheme);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(dialects[j]->name, set->name);
        }
    }
    assert_null(dialect_find(VIEW("native")));
    assert_null(dialect_find(VIEW("")));
    assert_null(dialect_find(VIEW("Fastapi-Crud")));
    assert_null(dialect_find((struct view){NULL, 0}));
}

typedef void check_row(const struct row_set *set, const struct row *row);

static void each_row(check_row *check)
{
    for (size_t i = 0; i < dialect_count; i++) {
        const struct row_set *set = dialects[i];
        for (size_t j = 0; j < set->group_count; j++) {
            for (size_t k = 0; k < set->groups[j]->count; k++) {
                check(set, &set->groups[j]->rows[k]);
            }
        }
    }
}

static void check_soundness(const struct row_set *set, const struct row *row)
{
    const char *fault = row_fault(row);
    if (fault != NULL) {
        fail_msg("%s of %s: %s", row->id, set->name, fault);
    }
    /* FastAPI ignores what no parameter is named after. */
    assert_false(row_reads_query(row) && row->query == NULL);
    assert_true(row->query == NULL || row->query->lax);
    assert_true(row->body == NULL || row->body->lax);
    /* What a dialect may do natively needs the same words. */
    assert_false(row->versioned || row->paged);
    if (row->lane == ROW_HASH && row->auth == ROW_PUBLIC) {
        assert_int_not_equal(row->rate, ROW_FREE);
    }
}

static void test_rows_are_sound(void **state)
{
    each_row(check_soundness);
}

/* FastAPI's operation ids: words in lower case with underscores, the method last. */
static void check_id(const struct row_set *set, const struct row *row)
{
    static const char *const methods[] = {"_get", "_post", "_put", "_patch", "_delete"};
    bool ends = false;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        ends = ends || view_ends_with(view_of(row->id), view_of(methods[i]));
    }
    assert_true(ends);
    for (const char *c = row->id; *c != '\0'; c++) {
        bool good = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_';
        assert_true(good);
    }
}

static void test_ids_are_fastapis(void **state)
{
    each_row(check_id);
}

static void test_each_fits_beside_the_native_api(void **state)
{
    char message[200] = "";
    for (size_t i = 0; i < dialect_count; i++) {
        struct api_mount mount = {.set = dialects[i], .prefix = VIEW("")};
        assert_true(api_mounts_fit(&mount, 1, message, sizeof message));
        mount.prefix = VIEW("/legacy");
        assert_true(api_mounts_fit(&mount, 1, message, sizeof message));
        assert_string_equal(message, "");
    }
    assert_true(api_mounts_fit(NULL, 0, message, sizeof message));
}

/* The same twice is the surest clash; both are named. */
static void test_a_clash_names_both(void **state)
{
    const struct api_mount mounts[] = {{dialects[0], VIEW("/a")}, {dialects[0], VIEW("/a")}};
    char message[200] = "";
    assert_false(api_mounts_fit(mounts, 2, message, sizeof message));
    const char *first = strstr(message, dialects[0]->name);
    assert_non_null(first);
    assert_non_null(strstr(first + 1, dialects[0]->name));
    assert_true(strncmp(message, "routes clash: ", 14) == 0);
}

static void test_whose_paths_are_whose(void **state)
{
    static const char *const native[] = {
        "/v1",     "/v1/users", "/oauth/token", "/.well-known/x",  "/health",      "/metrics",
        "/docs/x", "/redoc",    "/openapi",     "/openapi/x.json", "/openapi.json"};
    static const char *const free_paths[] = {
        "",           "/",         "/v1x", "/users", "/v10/users", "/healthy", "/openapi.jsonx",
        "/documents", "/legacy/v1"};
    for (size_t i = 0; i < ARRAY_LEN(native); i++) {
        assert_true(api_owns_path(view_of(native[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(free_paths); i++) {
        assert_false(api_owns_path(view_of(free_paths[i])));
    }
}

/* --- refusals --------------------------------------------------------------------------------- */

static struct reply refused(const struct style *style, enum result result, const char *detail,
                            const struct faults *faults)
{
    struct reply reply = {.status = 0};
    const struct style_refusal refusal = {
        .result = result, .detail = view_of(detail), .faults = faults};
    style->refuse(&reply, &arena, &refusal);
    assert_int_equal(reply.result, result);
    assert_int_equal(reply.status, style->status(result));
    assert_string_equal(reply.content_type, style->media_type);
    return reply;
}

#define assert_refusal(result, detail, status_, body_)                                             \
    do {                                                                                           \
        struct reply reply_ = refused(&fastapi_style, result, detail, NULL);                       \
        assert_int_equal(reply_.status, status_);                                                  \
        assert_view(reply_.body, body_);                                                           \
    } while (0)

static void test_refusals(void **state)
{
    assert_refusal(RESULT_MISSING_TOKEN, NULL, 401, "{\"detail\":\"Not authenticated\"}");
    assert_refusal(RESULT_INVALID_TOKEN, NULL, 401,
                   "{\"detail\":\"Could not validate credentials\"}");
    assert_refusal(RESULT_NOT_FOUND, NULL, 404, "{\"detail\":\"Not Found\"}");
    assert_refusal(RESULT_METHOD_NOT_ALLOWED, NULL, 405, "{\"detail\":\"Method Not Allowed\"}");
    assert_refusal(RESULT_USERNAME_TAKEN, NULL, 409,
                   "{\"detail\":\"Username already registered\"}");
    assert_refusal(RESULT_FORBIDDEN, "A \"reason\".", 403, "{\"detail\":\"A \\\"reason\\\".\"}");
    /* Without a sentence of its own, the result's title. */
    assert_refusal(RESULT_BUSY, NULL, 503, "{\"detail\":\"The server is busy\"}");
    assert_refusal(
        RESULT_MALFORMED_JSON, NULL, 422,
        "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"JSON decode error\",\"type\":\"json_invalid\"}"
        "]}");
}

/* Every outcome has a body, and the status that the document declares. */
static void test_every_result(void **state)
{
    for (int i = 0; i < RESULT_COUNT; i++) {
        enum result result = (enum result)i;
        if (result_is_good(result)) {
            continue;
        }
        for (size_t j = 0; j < dialect_count; j++) {
            struct reply reply = refused(dialects[j]->style, result, NULL, NULL);
            assert_true(reply.status >= 400);
            assert_non_null(strstr(arena_copy(&arena, reply.body), "\"detail\":"));
            assert_non_null(dialects[j]->style->schema_of(reply.status));
        }
    }
}

static void test_taken_is_400_in_one_of_them(void **state)
{
    const struct style *style = dialect_user_authentication_system.style;
    assert_int_equal(style->status(RESULT_USERNAME_TAKEN), 400);
    assert_int_equal(style->status(RESULT_EMAIL_TAKEN), 400);
    assert_int_equal(style->status(RESULT_LAST_ADMIN), 409);
    assert_int_equal(style->status(RESULT_MALFORMED_JSON), 422);
    assert_view(refused(style, RESULT_EMAIL_TAKEN, NULL, NULL).body,
                "{\"detail\":\"Email already registered\"}");
}

struct fault_case {
    struct fault fault;
    const char *item;
};

#define PATH(...) .path = {__VA_ARGS__}
#define MEMBER PATH(VIEW_INIT("age"))
#define SAID .message = VIEW_INIT("Ours.")

/* Our words for what is wrong, in pydantic's. */
static void test_faults(void **state)
{
    static const struct fault_case cases[] = {
        {{MEMBER, .code = "missing", SAID},
         "{\"loc\":[\"body\",\"age\"],\"msg\":\"Field required\",\"type\":\"missing\"}"},
        {{MEMBER, .code = "wrong_type", .expected = "string", SAID},
         "{\"loc\":[\"body\",\"age\"],\"msg\":\"Input should be a valid string\","
         "\"type\":\"string_type\"}"},
        {{MEMBER, .code = "wrong_type", .expected = "integer", .place = "query", SAID},
         "{\"loc\":[\"query\",\"age\"],\"msg\":\"Input should be a valid integer, unable to parse "
         "string as an integer\",\"type\":\"int_parsing\"}"},
        {{MEMBER, .code = "too_long", SAID},
         "{\"loc\":[\"body\",\"age\"],\"msg\":\"Ours.\",\"type\":\"string_too_long\"}"},
        {{MEMBER, .code = "too_small", .place = "path", SAID},
         "{\"loc\":[\"path\",\"age\"],\"msg\":\"Ours.\",\"type\":\"greater_than_equal\"}"},
        {{MEMBER, .code = "malformed", SAID},
         "{\"loc\":[\"body\",\"age\"],\"msg\":\"Ours.\",\"type\":\"value_error\"}"},
        {{MEMBER, .code = "wrong_type", SAID},
         "{\"loc\":[\"body\",\"age\"],\"msg\":\"Ours.\",\"type\":\"value_error\"}"},
        {{PATH({NULL, 0}), .code = "wrong_type", .expected = "object", SAID},
         "{\"loc\":[\"body\"],\"msg\":\"Input should be a valid dictionary or object to extract "
         "fields from\",\"type\":\"model_attributes_type\"}"},
        {{PATH(VIEW_INIT("permissions"), VIEW_INIT("2")), .code = "too_long", SAID},
         "{\"loc\":[\"body\",\"permissions\",2],\"msg\":\"Ours.\",\"type\":\"string_too_long\"}"},
        {{PATH(VIEW_INIT("7")), .code = "missing", SAID},
         "{\"loc\":[\"body\",\"7\"],\"msg\":\"Field required\",\"type\":\"missing\"}"},
        {{PATH(VIEW_INIT("a\"\n")), .code = "missing", SAID},
         "{\"loc\":[\"body\",\"a\\\"\\n\"],\"msg\":\"Field required\",\"type\":\"missing\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct faults faults = {.items = {cases[i].fault}, .count = 1};
        struct view body = refused(&fastapi_style, RESULT_INVALID, NULL, &faults).body;
        struct view wanted = arena_format(&arena, "{\"detail\":[%s]}", cases[i].item);
        if (!view_equal(body, wanted)) {
            fail_msg("%.*s\n%.*s", VIEW_ARG(body), VIEW_ARG(wanted));
        }
    }
}

static void test_more_faults_than_are_kept(void **state)
{
    struct faults faults = {.count = FAULTS_MAX + 5};
    for (size_t i = 0; i < FAULTS_MAX; i++) {
        faults.items[i] = (struct fault){.path = {VIEW("x")}, .code = "missing"};
    }
    struct view rest = refused(&fastapi_style, RESULT_INVALID, NULL, &faults).body;
    size_t items = 0;
    struct view part;
    while (view_split(&rest, '{', &part)) {
        items++;
    }
    assert_int_equal(items, FAULTS_MAX + 2); /* what is before the first, and the object itself */
}

#define ENVELOPE(message, detail)                                                                  \
    "{\"message\":" message ",\"response_status\":false,\"response_data\":null,\"detail\":" detail \
    "}"

static void test_the_envelope(void **state)
{
    const struct style *style = dialect_pymongo_async.style;
    const struct faults faults = {.items = {{.path = {VIEW("userage")}, .code = "missing"}},
                                  .count = 1};
    assert_view(refused(style, RESULT_NOT_FOUND, NULL, NULL).body,
                ENVELOPE("\"Not Found\"", "\"Not Found\""));
    assert_view(refused(style, RESULT_FORBIDDEN, "A \"reason\".", NULL).body,
                ENVELOPE("\"A \\\"reason\\\".\"", "\"A \\\"reason\\\".\""));
    assert_view(refused(style, RESULT_INVALID, NULL, &faults).body,
                ENVELOPE("\"Validation error\"",
                         "[{\"loc\":[\"body\",\"userage\"],\"msg\":\"Field required\","
                         "\"type\":\"missing\"}]"));
}

/* Also when there is no memory for a refusal. */
static void test_refusals_without_memory(void **state)
{
    const struct style_refusal refusal = {.result = RESULT_NOT_FOUND};
    arena.limit_bytes = 1;
    for (size_t i = 0; i < dialect_count; i++) {
        struct reply reply = {.status = 0};
        dialects[i]->style->refuse(&reply, &arena, &refusal);
        assert_int_equal(reply.status, 500);
        assert_int_equal(reply.result, RESULT_INTERNAL);
        if (dialects[i] == &dialect_pymongo_async) {
            assert_view(reply.body,
                        ENVELOPE("\"Internal Server Error\"", "\"Internal Server Error\""));
        } else {
            assert_view(reply.body, "{\"detail\":\"Internal Server Error\"}");
        }
    }
}

/* --- people ----------------------------------------------------------------------------------- */

static void test_the_role_that_is_shown(void **state)
{
    static const struct view many[] = {{"aaa", 3}, {"admin", 5}, {"user", 4}};
    static const struct view two[] = {{"auditor", 7}, {"user", 4}};
    struct user user = {.roles = many, .role_count = 3, .username = VIEW("bob")};
    assert_view(person_of(&user).role, "admin");
    user.roles = two;
    user.role_count = 2;
    assert_view(person_of(&user).role, "auditor");
    user.role_count = 0;
    assert_null(person_of(&user).role.at);
}

static void test_the_name_that_is_shown(void **state)
{
    struct user user = {.username = VIEW("bob")};
    assert_view(person_of(&user).name, "bob");
    user.name = VIEW("Robert");
    assert_view(person_of(&user).name, "Robert");
    assert_null(person_of(&user).email.at);
}

static void test_windows(void **state)
{
    struct person_window_in in = {.skip = {.given = false}};
    struct person_window window = person_window_of(&in);
    assert_int_equal(window.skip, 0);
    assert_int_equal(window.limit, PERSON_LIST_MAX);
    in.skip = (struct in_integer){.given = true, .number = 7};
    in.limit = (struct in_integer){.given = true, .number = 1};
    window = person_window_of(&in);
    assert_int_equal(window.skip, 7);
    assert_int_equal(window.limit, 1);
}

static int order_of(struct view role, int id, struct view other_role, int other_id)
{
    const struct person one = {.role = role, .id.bytes = {[15] = (uint8_t)id}};
    const struct person other = {.role = other_role, .id.bytes = {[15] = (uint8_t)other_id}};
    int order = person_compare_role(&one, &other);
    int back = person_compare_role(&other, &one);
    assert_int_equal((order > 0) - (order < 0), (back < 0) - (back > 0));
    return (order > 0) - (order < 0);
}

/* By code point, none last, then by id: no two are equal. */
static void test_order_by_role(void **state)
{
    const struct view none = {NULL, 0};
    assert_int_equal(order_of(VIEW("admin"), 2, VIEW("user"), 1), -1);
    assert_int_equal(order_of(VIEW("user"), 1, VIEW("user2"), 1), -1);
    assert_int_equal(order_of(VIEW("user"), 1, VIEW("user"), 2), -1);
    assert_int_equal(order_of(VIEW("user"), 1, VIEW("user"), 1), 0);
    assert_int_equal(order_of(VIEW("zebra"), 2, none, 1), -1);
    assert_int_equal(order_of(none, 1, none, 2), -1);
    assert_int_equal(order_of(VIEW("Zebra"), 1, VIEW("admin"), 1), -1);
}

static void test_faults_get_the_dialects_names(void **state)
{
    struct api_call call = {.service.faults.count = FAULTS_MAX + 1};
    call.service.faults.items[0].path[0] = VIEW("roles");
    call.service.faults.items[1].path[0] = VIEW("email");
    person_rename_fault(&call, "roles", "role");
    assert_view(call.service.faults.items[0].path[0], "role");
    assert_view(call.service.faults.items[1].path[0], "email");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_rows_are_sound),
        TEST(test_ids_are_fastapis),
        TEST(test_each_fits_beside_the_native_api),
        TEST(test_a_clash_names_both),
        TEST(test_whose_paths_are_whose),
        TEST(test_refusals),
        TEST(test_every_result),
        TEST(test_taken_is_400_in_one_of_them),
        TEST(test_faults),
        TEST(test_more_faults_than_are_kept),
        TEST(test_the_envelope),
        TEST(test_refusals_without_memory),
        TEST(test_the_role_that_is_shown),
        TEST(test_the_name_that_is_shown),
        TEST(test_windows),
        TEST(test_order_by_role),
        TEST(test_faults_get_the_dialects_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
