#include "unit.h"

#include "http/cors.h"
#include "http/reply.h"
#include "http/static.h"

static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

static void test_headers_are_clean(void **state)
{
    struct reply reply = {.status = 0};
    reply_header(&reply, "X-A", VIEW("b"));
    reply_header(&reply, "X-Bad", VIEW("b\r\nSet-Cookie: a=b"));
    reply_header(&reply, "X-Nul", VIEW("b\0c"));
    reply_header(&reply, "X-None", view_of(NULL));
    reply_header_int(&reply, &arena, "X-Number", -7);
    assert_int_equal(reply.header_count, 2);
    assert_view(reply_get_header(&reply, "x-a"), "b");
    assert_view(reply_get_header(&reply, "X-Number"), "-7");
    assert_null(reply_get_header(&reply, "X-Bad").at);
}

static void test_cookie(void **state)
{
    struct reply reply = {.status = 0};
    struct reply_cookie cookie = {.name = "__Host-t",
                                  .value = VIEW("abc"),
                                  .max_age_s = 60,
                                  .secure = true,
                                  .same_site = "Lax"};
    reply_cookie(&reply, &arena, &cookie);
    assert_view(reply_get_header(&reply, "Set-Cookie"),
                "__Host-t=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure");
    struct reply_cookie gone = {.name = "t", .value = VIEW("")};
    struct reply second = {.status = 0};
    reply_cookie(&second, &arena, &gone);
    assert_view(reply_get_header(&second, "Set-Cookie"),
                "t=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict");
}

static void test_problem(void **state)
{
    struct faults faults = {.count = 2};
    faults.items[0] = (struct fault){
        .path = {VIEW("roles"), VIEW("0")}, .code = "too_long", .message = VIEW("Say \"less\".")};
    faults.items[1] = (struct fault){
        .place = "query", .path = {VIEW("limit")}, .code = "too_large", .message = VIEW("No.")};
    struct reply reply = {.status = 0};
    reply_problem(&reply, &arena, RESULT_INVALID, VIEW(""), &faults);
    assert_int_equal(reply.status, 422);
    assert_int_equal(reply.result, RESULT_INVALID);
    assert_string_equal(reply.content_type, "application/problem+json");
    assert_view(
        reply.body,
        "{\"type\":\"urn:latchkey:problem:invalid\",\"title\":\"The request is readable but not "
        "valid\","
        "\"status\":422,\"code\":\"invalid\",\"detail\":\"The request is readable but not valid\","
        "\"errors\":[{\"loc\":[\"body\",\"roles\",\"0\"],\"code\":\"too_long\",\"msg\":\"Say "
        "\\\"less\\\".\"},"
        "{\"loc\":[\"query\",\"limit\"],\"code\":\"too_large\",\"msg\":\"No.\"}]}");
}

static void test_problem_without_memory(void **state)
{
    struct arena tiny;
    arena_init(&tiny, 1);
    struct reply reply = {.status = 0};
    reply_problem(&reply, &tiny, RESULT_NOT_FOUND, VIEW("x"), NULL);
    assert_int_equal(reply.status, 500);
    assert_true(reply.body.len > 0);
    arena_clear(&tiny);
}

static struct reply cors_answer(const char *origin, enum http_method method)
{
    static const struct view origins[] = {{"https://good.com", 16}};
    static const struct cors_policy policy = {origins, 1};
    static struct http_header headers[2];
    headers[0] = (struct http_header){VIEW("Origin"), view_of(origin)};
    headers[1] = (struct http_header){VIEW("Access-Control-Request-Method"), VIEW("POST")};
    struct request request = {.method = method, .headers = headers, .header_count = 2};
    struct reply reply = {.status = 204};
    cors_apply(&policy, &request, VIEW("GET, POST"), &reply, &arena);
    return reply;
}

static void test_cors(void **state)
{
    struct reply reply = cors_answer("https://good.com", METHOD_OPTIONS);
    assert_view(reply_get_header(&reply, "Access-Control-Allow-Origin"), "https://good.com");
    assert_view(reply_get_header(&reply, "Access-Control-Allow-Methods"), "GET, POST");
    assert_view(reply_get_header(&reply, "Vary"), "Origin");
    reply = cors_answer("https://good.com", METHOD_GET);
    assert_null(reply_get_header(&reply, "Access-Control-Allow-Methods").at);
    static const char *const evil[] = {
        "null", "*", "", "https://good.com.evil.com", "http://good.com", "https://GOOD.com"};
    for (size_t i = 0; i < ARRAY_LEN(evil); i++) {
        reply = cors_answer(evil[i], METHOD_OPTIONS);
        assert_null(reply_get_header(&reply, "Access-Control-Allow-Origin").at);
        assert_view(reply_get_header(&reply, "Vary"), "Origin");
    }
}

static int asset_status(const char *name, const char *value)
{
    static const struct http_asset asset = {.path = "/a",
                                            .content_type = "text/html",
                                            .csp = "x",
                                            .etag = "\"1\"",
                                            .gzip = (const unsigned char *)"zz",
                                            .gzip_len = 2};
    struct http_header header = {view_of(name), view_of(value)};
    struct request request = {.headers = &header, .header_count = 1, .arena = &arena};
    struct reply reply = {.status = 0};
    static_serve(&asset, &request, &reply);
    return reply.status;
}

static void test_assets(void **state)
{
    assert_int_equal(asset_status("X", "y"), 200);
    assert_int_equal(asset_status("Accept-Encoding", "br, gzip;q=0.5"), 200);
    assert_int_equal(asset_status("Accept-Encoding", "*"), 200);
    assert_int_equal(asset_status("Accept-Encoding", "*, gzip;q=0.0"), 406);
    assert_int_equal(asset_status("Accept-Encoding", "br"), 406);
    assert_int_equal(asset_status("Accept-Encoding", ""), 406);
    assert_int_equal(asset_status("If-None-Match", "\"0\", W/\"1\""), 304);
    assert_int_equal(asset_status("If-None-Match", "*"), 304);
    assert_int_equal(asset_status("If-None-Match", "\"0\""), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_are_clean),
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_problem),
        cmocka_unit_test(test_problem_without_memory),
        cmocka_unit_test(test_cors),
        cmocka_unit_test(test_assets),
    };
    return cmocka_run_group_tests_name("reply", tests, setup, teardown);
}
