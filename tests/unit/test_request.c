#include "unit.h"

#include "http/request.h"

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

static struct request with_header(const struct http_header *header)
{
    return (struct request){.headers = header, .header_count = 1, .arena = &arena};
}

static void test_methods(void **state)
{
    for (enum http_method m = METHOD_GET; m < METHOD_COUNT; m++)
        assert_int_equal(http_method_of(view_of(http_method_name(m))), m);
    assert_int_equal(http_method_of(VIEW("get")), METHOD_UNKNOWN);
    assert_int_equal(http_method_of(VIEW("")), METHOD_UNKNOWN);
    assert_int_equal(http_method_of(VIEW("GETS")), METHOD_UNKNOWN);
    assert_string_equal(http_method_name(METHOD_UNKNOWN), "");
}

static void test_headers_of_any_case(void **state)
{
    struct http_header header = {VIEW("x-A"), VIEW("b")};
    struct request request = with_header(&header);
    assert_view(request_header(&request, "X-a"), "b");
    assert_null(request_header(&request, "X-b").at);
}

static void test_media_types(void **state)
{
    static const struct {
        const char *value;
        const char *type; /* NULL: malformed */
        const char *charset;
    } rows[] = {
        {"application/json", "application/json", NULL},
        {" Application/JSON ; Charset=\"UTF-8\" ", "application/json", "UTF-8"},
        {"text/plain;charset=latin1;x=y", "text/plain", "latin1"},
        {"text/plain;", "text/plain", NULL},
        {"", "", NULL},
        {"json", NULL, NULL},
        {"/json", NULL, NULL},
        {"a/", NULL, NULL},
        {"a/b/c", NULL, NULL},
        {"a/b c", NULL, NULL},
        {"a/b;charset", NULL, NULL},
        {"a/b;=x", NULL, NULL},
        {"a/b;charset=a;charset=b", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_header header = {VIEW("Content-Type"), view_of(rows[i].value)};
        struct request request = with_header(&header);
        struct view type;
        struct view charset;
        bool good = request_media_type(&request, &type, &charset);
        bool as_told = good == (rows[i].type != NULL) &&
                       (!good || (view_is(type, rows[i].type) &&
                                  view_equal(charset, view_of(rows[i].charset))));
        if (!as_told)
            fail_msg("row %zu: %s", i, rows[i].value);
    }
}

/* RFC 7617. */
static void test_basic(void **state)
{
    static const struct {
        const char *value;
        enum request_basic outcome;
        const char *name;
        const char *password;
    } rows[] = {
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", REQUEST_BASIC_GIVEN, "Aladdin", "open sesame"},
        {"basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", REQUEST_BASIC_GIVEN, "Aladdin", "open sesame"},
        {"BASIC   Og==  ", REQUEST_BASIC_GIVEN, "", ""},
        {"Basic YTpiOmM=", REQUEST_BASIC_GIVEN, "a", "b:c"},
        {"Basic OsO/w74/", REQUEST_BASIC_GIVEN, "", "\xC3\xBF\xC3\xBE?"},
        {"Basic QWxhZGRpbg==", REQUEST_BASIC_MALFORMED, NULL, NULL}, /* no colon */
        {"Basic ", REQUEST_BASIC_MALFORMED, NULL, NULL},
        {"Basic !", REQUEST_BASIC_MALFORMED, NULL, NULL},
        {"Basic Og===", REQUEST_BASIC_MALFORMED, NULL, NULL},
        {"Basic Oh==", REQUEST_BASIC_MALFORMED, NULL, NULL}, /* bits beyond the last octet */
        {"Basic Ov8=", REQUEST_BASIC_MALFORMED, NULL, NULL}, /* not UTF-8 */
        {"Basic OgBh", REQUEST_BASIC_MALFORMED, NULL, NULL}, /* a NUL */
        {"Basic Og== Og==", REQUEST_BASIC_MALFORMED, NULL, NULL},
        {"Bearer Og==", REQUEST_BASIC_NONE, NULL, NULL},
        {"Basic", REQUEST_BASIC_NONE, NULL, NULL},
        {"BasicOg==", REQUEST_BASIC_NONE, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_header header = {VIEW("authorization"), view_of(rows[i].value)};
        struct request request = with_header(&header);
        struct view name;
        struct view password;
        assert_int_equal(request_basic(&request, &name, &password), rows[i].outcome);
        if (rows[i].outcome == REQUEST_BASIC_GIVEN) {
            assert_true(view_is(name, rows[i].name));
            assert_true(view_is(password, rows[i].password));
        }
    }
    struct request bare = {.arena = &arena};
    struct view out;
    assert_int_equal(request_basic(&bare, &out, &out), REQUEST_BASIC_NONE);
}

static void test_cookies(void **state)
{
    struct http_header header = {VIEW("cookie"), VIEW("a=1; bb=\"2\";c=; twice=x; twice=y; =z; d")};
    struct request request = with_header(&header);
    assert_view(request_cookie(&request, "a"), "1");
    assert_view(request_cookie(&request, "bb"), "2");
    assert_non_null(request_cookie(&request, "c").at);
    assert_int_equal(request_cookie(&request, "c").len, 0);
    assert_null(request_cookie(&request, "b").at);
    assert_null(request_cookie(&request, "twice").at);
    assert_null(request_cookie(&request, "d").at);
}

static void test_unescape(void **state)
{
    struct view out;
    assert_true(request_unescape(&arena, VIEW("a%20b+c%C3%a4"), false, &out));
    assert_view(out, "a b+c\xC3\xA4");
    assert_true(request_unescape(&arena, VIEW("a+b%2B"), true, &out));
    assert_view(out, "a b+");
    assert_true(request_unescape(&arena, VIEW(""), false, &out));
    assert_int_equal(out.len, 0);
    static const char *const bad[] = {"%", "%4", "%4g", "%g4", "%00", "%ff", "%C3", "%ed%a0%80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (request_unescape(&arena, view_of(bad[i]), false, &out))
            fail_msg("taken: %s", bad[i]);
    assert_false(request_unescape(&arena, VIEW("a\0b"), true, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),     cmocka_unit_test(test_headers_of_any_case),
        cmocka_unit_test(test_media_types), cmocka_unit_test(test_basic),
        cmocka_unit_test(test_cookies),     cmocka_unit_test(test_unescape),
    };
    return cmocka_run_group_tests_name("request", tests, setup, teardown);
}
