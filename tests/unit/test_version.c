/* If-Match, as it decides about lost updates. */
#include "unit.h"

#include "api/version.h"

static enum result read_tag(enum http_method method, const char *value, int64_t *version)
{
    const struct http_header header = {VIEW("if-match"), view_of(value)};
    const struct row row = {.method = method, .versioned = true};
    const struct request request = {.headers = &header, .header_count = value != NULL ? 1 : 0};
    struct api_call call = {.row = &row, .request = &request, .if_version = -1};
    enum result result = version_read(&call);
    *version = call.if_version;
    return result;
}

static void test_tags(void **state)
{
    static const struct {
        const char *value;
        int64_t version;
    } cases[] = {
        {NULL, 0},
        {"*", 0},
        {" * ", 0},
        {"\"1\"", 1},
        {"\"3\" , \"12\",\"4\"", 12},
        {"\"x\", \"2\"", 2},
        {"W/\"1\"", INT64_MAX},
        {"\"\"", INT64_MAX},
        {"\"0\"", INT64_MAX},
        {"\"-1\"", INT64_MAX},
        {"\"01\"", INT64_MAX},
        {"\"99999999999999999999\"", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t version = -1;
        assert_int_equal(read_tag(METHOD_PATCH, cases[i].value, &version), RESULT_OK);
        assert_int_equal(version, cases[i].version);
        assert_int_equal(read_tag(METHOD_DELETE, cases[i].value, &version), RESULT_OK);
        assert_int_equal(version, cases[i].version);
    }
}

static void test_what_is_no_tag(void **state)
{
    static const char *const values[] = {"",        "1",      "\"1",         "1\"",      "\"",
                                         "w/\"1\"", "\"1\",", "\"1\" \"2\"", "*, \"1\"", "'1'"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t version = -1;
        assert_int_equal(read_tag(METHOD_PATCH, values[i], &version), RESULT_BAD_REQUEST);
    }
}

static void test_reads_and_creations_take_none(void **state)
{
    int64_t version = -1;
    assert_int_equal(read_tag(METHOD_GET, "nonsense", &version), RESULT_OK);
    assert_int_equal(version, 0);
    assert_int_equal(read_tag(METHOD_POST, "\"1\"", &version), RESULT_OK);
    assert_int_equal(version, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_what_is_no_tag),
        cmocka_unit_test(test_reads_and_creations_take_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
