/* Sets of rows beside the native API: what rows of dialects alone can do, and whose form a refusal
 * has.
 */
#include "dispatch_bench.h"

/* --- a set of rows beside the native API ------------------------------------------------------ */

struct gift {
    struct in_text to;
    struct in_text role;
};

static const struct field gift_fields[] = {
    {.name = "to", .kind = FIELD_TEXT, .offset = offsetof(struct gift, to)},
    {.name = "role", .kind = FIELD_TEXT, .offset = offsetof(struct gift, role)},
};
static const struct table gift_table = {
    .name = "Gift", .size = sizeof(struct gift), .lax = true, FIELDS(gift_fields)};

static const struct field word_fields[] = {{.name = "word", .kind = FIELD_TEXT}};
static const struct table word_table = {
    .name = "Word", .size = sizeof(struct view), FIELDS(word_fields)};

static enum result give(struct api_call *call)
{
    struct view *word = row_out(call, sizeof *word);
    *word = VIEW("given");
    return RESULT_OK;
}

static enum result list_words(struct api_call *call)
{
    static const struct view words[] = {VIEW_INIT("a"), VIEW_INIT("b\"")};
    struct out_list *out = row_out(call, sizeof *out);
    *out = (struct out_list){.items = words, .count = call->request->query.len > 0 ? 0 : 2};
    return RESULT_OK;
}

static const enum result fine[] = {RESULT_OK, RESULT_COUNT};

static const struct row set_rows[] = {
    {.id = "give",
     .method = METHOD_POST,
     .path = "/gifts",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .guarded = {.member = "role", .permission = "users:roles"},
     .rate = ROW_FREE,
     .ignore_query = true,
     .body = &gift_table,
     .body_forms = ROW_JSON,
     .reply = &word_table,
     .results = fine,
     .tag = "T",
     .summary = "S",
     .handle = give},
    {.id = "words",
     .method = METHOD_GET,
     .path = "/words",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply = &word_table,
     .reply_list = true,
     .results = fine,
     .tag = "T",
     .summary = "S",
     .handle = list_words},
};

static int set_status(enum result result)
{
    return result == RESULT_NOT_FOUND ? 410 : result_status(result);
}

static void set_refuse(struct reply *out, struct arena *arena, const struct style_refusal *refusal)
{
    out->content_type = "text/x-set";
    out->result = refusal->result;
    out->status = set_status(refusal->result);
    out->body =
        arena_format(arena, "no: %s %.*s", result_code(refusal->result), VIEW_ARG(refusal->detail));
}

static const char *set_schema_of(int status)
{
    (void)status;
    return "No";
}

static const struct style set_style = {
    .media_type = "text/x-set",
    .status = set_status,
    .refuse = set_refuse,
    .schemas = "{\"No\":{\"type\":\"string\"}}",
    .schema_of = set_schema_of,
    .plain_challenge = true,
};

static const struct row_group set_group = {ROWS(set_rows)};
static const struct row_group *const set_groups[] = {&set_group};
static const struct row_set a_set = {
    .name = "a-set",
    .title = "A set",
    .description = "For these tests.",
    .style = &set_style,
    .scheme = "password",
    .token_path = "/gifts",
    .groups = set_groups,
    .group_count = 1,
};

static int mount_set(void **state)
{
    static const struct api_mount at_set[] = {{&a_set, VIEW_INIT("/set")}};
    mounts = at_set;
    mount_count = 1;
    return 0;
}

/* --- a set beside the native API -------------------------------------------------------------- */

/* A member that needs another right than the rest: given is given, whatever its value. */
static void test_guarded_member(void **state)
{
    static const char *const harmless[] = {"{}", "{\"to\":\"x\"}", "{\"role\":null}",
                                           "{\"Role\":\"admin\",\"roles\":[\"admin\"]}"};
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
        assert_int_equal(STATUS("POST", "/set/gifts", &user, harmless[i]), 200);
        assert_view(reply.body, "{\"word\":\"given\"}");
    }
    assert_int_equal(STATUS("POST", "/set/gifts", &user, "{\"role\":\"user\"}"), 403);
    assert_view(reply.body, "no: forbidden The permission users:roles is needed.");
    check_header("WWW-Authenticate", NULL);
    assert_int_equal(STATUS("POST", "/set/gifts", &user, "{\"role\":\"\"}"), 403);
    assert_int_equal(STATUS("POST", "/set/gifts", &admin, "{\"role\":\"user\"}"), 200);
    assert_int_equal(STATUS("POST", "/set/gifts", &user, "{\"role\":1}"), 422);
    assert_int_equal(STATUS("POST", "/set/gifts", NULL, "{\"role\":\"user\"}"), 401);
    check_header("WWW-Authenticate", "Bearer");
}

/* The right is looked at when the call runs, as every other. */
static void test_guarded_member_is_looked_at_again(void **state)
{
    struct auth_grant other = service_fixture_admin(&f, "other");
    struct request *request = QUEUE("POST", "/set/gifts", &other, "{\"role\":\"user\"}");
    struct request *harmless = QUEUE("POST", "/set/gifts", &other, "{\"to\":\"x\"}");
    demote("other");
    assert_int_equal(run(request), 403);
    assert_int_equal(run(harmless), 200);
}

static void test_plain_challenge(void **state)
{
    assert_int_equal(
        STATUS("POST", "/set/gifts", .body = "{}", .name = "Authorization", .value = "Bearer x"),
        401);
    check_header("WWW-Authenticate", "Bearer");
}

static void test_bare_list(void **state)
{
    assert_int_equal(STATUS("GET", "/set/words"), 200);
    assert_view(reply.body, "[{\"word\":\"a\"},{\"word\":\"b\\\"\"}]");
    assert_int_equal(STATUS("GET", "/set/words?none"), 200);
    assert_view(reply.body, "[]");
}

/* Where no row is, the set whose place it would be says so. */
static void test_refusals_of_places(void **state)
{
    assert_int_equal(STATUS("GET", "/set/nothing"), 410);
    assert_view(reply.body, "no: not_found ");
    assert_int_equal(STATUS("GET", "/set"), 410);
    assert_int_equal(STATUS("PUT", "/set/words"), 405);
    assert_view(reply.body, "no: method_not_allowed ");
    check_header("Allow", "GET, HEAD, OPTIONS");
    assert_int_equal(STATUS("GET", "/settle"), 404);
    assert_true(body_has("urn:latchkey:problem:not_found"));
    assert_int_equal(STATUS("GET", "/v1/nothing"), 404);
    assert_true(body_has("urn:latchkey:problem:not_found"));
}

static void front_refuses(const char *target, bool readable)
{
    struct http_app app = api_app(api);
    struct request *request = request_of(&(struct ask){"GET", target, .end = true});
    if (!readable) {
        request->path = VIEW("");
    }
    reply = (struct reply){.status = 0};
    app.refuse(app.context, request, &reply, RESULT_BODY_TOO_LARGE, VIEW("Why."));
    assert_int_equal(reply.status, 413);
}

/* What the front refuses says it likewise, even when it could not read the target. */
static void test_refusals_of_the_front(void **state)
{
    static const char *const inside[] = {"/set", "/set/gifts", "/set/gifts?x=%zz", "/set?/v1"};
    static const char *const outside[] = {"/", "/v1/users", "/settle", "/v1/set?/set", "x", ""};
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        front_refuses(inside[i], i % 2 == 0);
        assert_view(reply.body, "no: body_too_large Why.");
    }
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        front_refuses(outside[i], i % 2 == 0);
        assert_string_equal(reply.content_type, "application/problem+json");
    }
}

static void test_documents_of_a_set(void **state)
{
    assert_int_equal(STATUS("GET", "/openapi/a-set.json"), 200);
    assert_true(body_has("\"/set/gifts\""));
    assert_false(body_has("/v1/"));
    const char *etag = arena_copy(&f.arena, reply_get_header(&reply, "ETag"));
    assert_int_equal(STATUS("GET", "/set/openapi.json"), 200);
    check_header("ETag", etag);
    assert_int_equal(STATUS("GET", "/openapi.json"), 200);
    assert_false(body_has("/set/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_guarded_member),     QUEUED(test_guarded_member_is_looked_at_again),
        TEST(test_plain_challenge),    TEST(test_bare_list),
        TEST(test_refusals_of_places), TEST(test_refusals_of_the_front),
        TEST(test_documents_of_a_set),
    };
    return cmocka_run_group_tests(tests, mount_set, NULL);
}
