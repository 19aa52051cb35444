#include "unit.h"

#include "http/guard.h"

static enum result target_result(struct view raw)
{
    struct guard_target out;
    return guard_target(raw, &out).result;
}

static void test_target_is_cut(void **state)
{
    struct guard_target out;
    assert_int_equal(guard_target(VIEW("/v1/users/?a=%20b&c"), &out).result, RESULT_OK);
    assert_view(out.path, "/v1/users");
    assert_view(out.query, "a=%20b&c");
    assert_null(out.authority.at);
    assert_int_equal(guard_target(VIEW("/"), &out).result, RESULT_OK);
    assert_view(out.path, "/");
    assert_int_equal(guard_target(VIEW("*"), &out).result, RESULT_OK);
    assert_view(out.path, "*");
}

static void test_absolute_form(void **state)
{
    struct guard_target out;
    assert_int_equal(guard_target(VIEW("HTTP://a.example:80/x?y"), &out).result, RESULT_OK);
    assert_view(out.authority, "a.example:80");
    assert_view(out.path, "/x");
    assert_view(out.query, "y");
    assert_int_equal(guard_target(VIEW("https://[::1]:8000"), &out).result, RESULT_OK);
    assert_view(out.authority, "[::1]:8000");
    assert_view(out.path, "/");
    assert_int_equal(guard_target(VIEW("http://a?b"), &out).result, RESULT_OK);
    assert_view(out.path, "/");
    assert_view(out.query, "b");
}

static void test_bad_targets(void **state)
{
    static const char *const bad[] = {
        "",           "a",           "a:80",      "http://",   "http:///x",   "ftp://a/x",
        "http://u@a", "/%",          "/%4",       "/%zz",      "/%00",        "/a?b=%00",
        "/a?%g1",     "/..",         "/.",        "/a/..",     "/a/../b",     "/a/./b",
        "/%2e",       "/%2E%2e/",    "/a/.%2e/b", "/a/..%2fb", "/a%2f..%2Fb", "/a%2f%2fb",
        "//",         "//a",         "/a//",      "/a//b",     "/a\\b",       "/a%5cb",
        "/a#b",       "/a b",        "/a\tb",     "/a\x7f",    "/\x80",       "/a?\xc3\xa4",
        "/a\r\nb",    "http://a/..",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (target_result(view_of(bad[i])) != RESULT_BAD_REQUEST)
            fail_msg("taken: %s", bad[i]);
}

static void test_good_targets(void **state)
{
    static const char *const good[] = {"/...",   "/a..",    "/..a",    "/.well-known/x",
                                       "/a;x",   "/%c3%a4", "/a?b=..", "/a?/../",
                                       "/a%2fb", "/a?b=//", "/{a}|"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (target_result(view_of(good[i])) != RESULT_OK)
            fail_msg("refused: %s", good[i]);
}

static void test_target_limits(void **state)
{
    static char text[GUARD_TARGET_MAX_BYTES + 1];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    assert_int_equal(target_result(view_make(text, sizeof text - 1)), RESULT_OK);
    assert_int_equal(target_result(view_make(text, sizeof text)), RESULT_TARGET_TOO_LONG);
    memset(text + 1, '&', GUARD_PARAMETERS_MAX);
    text[1] = '?';
    assert_int_equal(target_result(view_make(text, 1 + GUARD_PARAMETERS_MAX)), RESULT_OK);
    memset(text + 2, '&', GUARD_PARAMETERS_MAX + 1);
    assert_int_equal(target_result(view_make(text, 3 + GUARD_PARAMETERS_MAX)), RESULT_BAD_REQUEST);
}

#define HEADER(name_, value_)                                                                      \
    {                                                                                              \
        {name_, sizeof(name_) - 1},                                                                \
        {                                                                                          \
            value_, sizeof(value_) - 1                                                             \
        }                                                                                          \
    }
#define HOST HEADER("Host", "a")

/* One header section, and what must become of it. */
struct row {
    unsigned minor; /* of HTTP/1 */
    struct http_header headers[4];
    enum result result;
};

static struct guard_verdict check(const struct row *row, struct guard_framing *framing)
{
    size_t count = 0;
    while (count < ARRAY_LEN(row->headers) && row->headers[count].name.at != NULL)
        count++;
    struct guard_head head = {
        .major = 1,
        .minor = row->minor,
        .headers = row->headers,
        .header_count = count,
        .max_body_bytes = 100,
    };
    return guard_head(&head, framing);
}

static void test_heads(void **state)
{
    static const struct row rows[] = {
        {1, {HOST}, RESULT_OK},
        {0, {HEADER("A", "b")}, RESULT_OK},
        {2, {HOST}, RESULT_BAD_REQUEST},
        {1, {HEADER("A", "b")}, RESULT_BAD_REQUEST},
        {1, {HOST, HOST}, RESULT_BAD_REQUEST},
        {1, {HEADER("Host", "")}, RESULT_BAD_REQUEST},
        {1, {HEADER("Host", "u@a")}, RESULT_BAD_REQUEST},
        {1, {HEADER("Host", "a:123456")}, RESULT_BAD_REQUEST},
        {1, {HEADER("Host", "[::1]:80")}, RESULT_OK},
        {1, {HEADER("Host", "::1")}, RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Content-Length", "100")}, RESULT_OK},
        {1, {HOST, HEADER("Content-Length", "101")}, RESULT_BODY_TOO_LARGE},
        {1, {HOST, HEADER("Content-Length", "99999999999999999999")}, RESULT_BODY_TOO_LARGE},
        {1, {HOST, HEADER("Content-Length", "1a")}, RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Content-Length", "")}, RESULT_BAD_REQUEST},
        {1,
         {HOST, HEADER("Content-Length", "1"), HEADER("content-length", "1")},
         RESULT_BAD_REQUEST},
        {1,
         {HOST, HEADER("Content-Length", "1"), HEADER("Transfer-Encoding", "chunked")},
         RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Transfer-Encoding", "Chunked")}, RESULT_OK},
        {1, {HOST, HEADER("Transfer-Encoding", "")}, RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Transfer-Encoding", "gzip, chunked")}, RESULT_BAD_REQUEST},
        {0, {HOST, HEADER("Transfer-Encoding", "chunked")}, RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Expect", "100-Continue")}, RESULT_OK},
        {1, {HOST, HEADER("Expect", "x")}, RESULT_EXPECTATION_FAILED},
        {1, {HOST, HEADER("Authorization", ""), HEADER("AUTHORIZATION", "")}, RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Content-Type", "a"), HEADER("Content-Type", "a")}, RESULT_BAD_REQUEST},
        {1, {HOST, HEADER("Cookie", "a"), HEADER("Cookie", "b")}, RESULT_OK},
    };
    struct guard_framing framing;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (check(&rows[i], &framing).result != rows[i].result)
            fail_msg("row %zu", i);
}

static void test_framing(void **state)
{
    static const struct row rows[] = {
        {1, {HOST, HEADER("Content-Length", "0042")}, RESULT_OK},
        {1, {HOST, HEADER("Transfer-Encoding", "chunked")}, RESULT_OK},
        {1, {HOST}, RESULT_OK},
    };
    struct guard_framing framing;
    assert_int_equal(check(&rows[0], &framing).result, RESULT_OK);
    assert_int_equal(framing.content_length, 42);
    assert_false(framing.chunked);
    assert_int_equal(check(&rows[1], &framing).result, RESULT_OK);
    assert_true(framing.chunked);
    assert_int_equal(check(&rows[2], &framing).result, RESULT_OK);
    assert_int_equal(framing.content_length, -1);
}

static void test_authority_is_the_host(void **state)
{
    static const struct http_header host[] = {HEADER("Host", "Own.example:80")};
    struct guard_head head = {.major = 1, .minor = 1, .headers = host, .header_count = 1};
    struct guard_framing framing;
    head.authority = VIEW("own.EXAMPLE:80");
    assert_int_equal(guard_head(&head, &framing).result, RESULT_OK);
    head.authority = VIEW("own.example");
    assert_int_equal(guard_head(&head, &framing).result, RESULT_BAD_REQUEST);
    head.minor = 0;
    head.header_count = 0;
    assert_int_equal(guard_head(&head, &framing).result, RESULT_BAD_REQUEST);
}

static void test_other_versions(void **state)
{
    static const struct http_header host[] = {HOST};
    struct guard_head head = {.major = 2, .minor = 0, .headers = host, .header_count = 1};
    struct guard_framing framing;
    assert_int_equal(guard_head(&head, &framing).result, RESULT_BAD_REQUEST);
    head.major = 0;
    head.minor = 9;
    assert_int_equal(guard_head(&head, &framing).result, RESULT_BAD_REQUEST);
}

/* Only who waits for 100 and sends something gets it. */
static void test_expectations(void **state)
{
    static const struct row rows[] = {
        {1, {HOST, HEADER("Expect", "100-continue"), HEADER("Content-Length", "1")}, RESULT_OK},
        {1,
         {HOST, HEADER("Expect", "100-continue"), HEADER("Transfer-Encoding", "chunked")},
         RESULT_OK},
        {1, {HOST, HEADER("Expect", "100-continue"), HEADER("Content-Length", "0")}, RESULT_OK},
        {0, {HOST, HEADER("Expect", "100-continue"), HEADER("Content-Length", "1")}, RESULT_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct guard_framing framing;
        assert_int_equal(check(&rows[i], &framing).result, RESULT_OK);
        assert_int_equal(framing.expects_continue, i < 2);
    }
}

/* RFC 9110 section 5.6.2. */
static void test_tokens(void **state)
{
    static const char tokens[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    assert_false(guard_is_token(VIEW("")));
    for (unsigned octet = 0; octet < 256; octet++) {
        const char text[] = {'a', (char)octet, 'b'};
        bool is_token = octet != 0 && strchr(tokens, (int)octet) != NULL;
        assert_int_equal(guard_is_token(view_make(text, sizeof text)), is_token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_is_cut),  cmocka_unit_test(test_absolute_form),
        cmocka_unit_test(test_bad_targets),    cmocka_unit_test(test_good_targets),
        cmocka_unit_test(test_target_limits),  cmocka_unit_test(test_heads),
        cmocka_unit_test(test_framing),        cmocka_unit_test(test_authority_is_the_host),
        cmocka_unit_test(test_other_versions), cmocka_unit_test(test_expectations),
        cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
