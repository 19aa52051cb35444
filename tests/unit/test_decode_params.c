/* Path parameters: what cannot name anything, and what is no number. And bodies that are not there.
 */
#include "api_tables.h"

#include "api/decode_request.h"

struct path_in {
    struct in_text first;
    struct in_text second;
};

static struct field fields[2];
static struct table table;
static struct api_call call;
static struct request request;
static struct row row;

/* As a row has it: one parameter, or two. */
static void take(enum field_kind kind, const char *format)
{
    fields[0] = (struct field){
        .name = "id", .kind = kind, .offset = offsetof(struct path_in, first), .format = format};
    fields[1] = (struct field){
        .name = "number", .kind = FIELD_INTEGER, .offset = offsetof(struct path_in, second)};
    table = (struct table){
        .name = "Path", .size = sizeof(struct path_in), .fields = fields, .field_count = 1};
    row = (struct row){.params = &table};
}

static enum result look(struct view first, struct view second)
{
    request = (struct request){.params = {first, second}};
    call = (struct api_call){.row = &row, .request = &request};
    return decode_params(&call);
}

static enum result look_at(const char *text)
{
    return look(view_of(text), (struct view){NULL, 0});
}

static void test_without_parameters(void **state)
{
    row = (struct row){.params = NULL};
    assert_int_equal(look_at("x"), RESULT_OK);
}

/* Native rows take whatever may be a key. */
static void test_texts_are_not_looked_at(void **state)
{
    take(FIELD_TEXT, NULL);
    assert_int_equal(look_at("anything at all"), RESULT_OK);
    assert_int_equal(look_at("%"), RESULT_OK);
}

/* CHECKLIST A11. */
static void test_uuids(void **state)
{
    static const char *const none[] = {
        "x",
        "1",
        "-1",
        "",
        "018f0000-0000-7000-8000-00000000000",
        "018f00000000700080000000000000000",
        "018f0000-0000-7000-8000-0000000000000",
        "{018f0000-0000-7000-8000-000000000000}",
        "018g0000-0000-7000-8000-000000000000",
        "018f0000_0000_7000_8000_000000000000",
    };
    take(FIELD_TEXT, "uuid");
    assert_int_equal(look_at("018f0000-0000-7000-8000-000000000000"), RESULT_OK);
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        assert_int_equal(look_at(none[i]), RESULT_NOT_FOUND);
        assert_int_equal(call.service.faults.count, 0);
    }
    assert_int_equal(look(VIEW("018f0000-0000-7000-8000-00000000000\0"), VIEW("")),
                     RESULT_NOT_FOUND);
}

static void test_usernames(void **state)
{
    static const char *const none[] = {
        "",
        "x",
        "me",
        "1abc",
        "has space",
        "a/b",
        "a@example.com",
        "\xD0\xB0"
        "dmin",
        "018f0000-0000-7000-8000-000000000000",
    };
    take(FIELD_TEXT, "username");
    assert_int_equal(look_at("alice"), RESULT_OK);
    assert_int_equal(look_at("Alice.B-c_9"), RESULT_OK);
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        assert_int_equal(look_at(none[i]), RESULT_NOT_FOUND);
    }
}

static void test_whole_numbers(void **state)
{
    static const char *const none[] = {"x",  "",   "1.5", "0x1",  "1 ",
                                       "+1", "01", "1e3", "null", "9223372036854775808"};
    take(FIELD_INTEGER, NULL);
    assert_int_equal(look_at("0"), RESULT_OK);
    assert_int_equal(look_at("-7"), RESULT_OK);
    assert_int_equal(look_at("9223372036854775807"), RESULT_OK);
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        assert_int_equal(look_at(none[i]), RESULT_INVALID);
        const struct fault *fault = &call.service.faults.items[0];
        assert_int_equal(call.service.faults.count, 1);
        assert_string_equal(fault->place, "path");
        assert_true(view_is(fault->path[0], "id"));
        assert_string_equal(fault->expected, "integer");
    }
}

/* What is no number is said before what is not there. */
static void test_several(void **state)
{
    take(FIELD_TEXT, "uuid");
    table.field_count = 2;
    assert_int_equal(look(VIEW("018f0000-0000-7000-8000-000000000000"), VIEW("7")), RESULT_OK);
    assert_int_equal(look(VIEW("x"), VIEW("7")), RESULT_NOT_FOUND);
    assert_int_equal(look(VIEW("x"), VIEW("y")), RESULT_INVALID);
    assert_true(view_is(call.service.faults.items[0].path[0], "number"));
}

/* --- no body ---------------------------------------------------------------------------------- */

static enum result look_at_nothing(bool lax, const char *type)
{
    static struct http_header header;
    static struct arena arena;
    static struct table body;
    arena_reset(&arena);
    body = thing_table;
    body.lax = lax;
    header = (struct http_header){VIEW("Content-Type"), view_of(type)};
    row = (struct row){.method = METHOD_POST,
                       .auth = ROW_PUBLIC,
                       .ignore_query = true,
                       .body = &body,
                       .body_forms = ROW_JSON | ROW_FORM};
    request =
        (struct request){.arena = &arena, .headers = &header, .header_count = type != NULL ? 1 : 0};
    call = (struct api_call){.row = &row, .request = &request, .service.arena = &arena};
    enum result result = decode_request(&call);
    arena_clear(&arena);
    return result;
}

static void test_a_body_that_is_not_there(void **state)
{
    assert_int_equal(look_at_nothing(false, NULL), RESULT_MALFORMED_JSON);
    assert_int_equal(look_at_nothing(false, "application/json"), RESULT_MALFORMED_JSON);
    assert_int_equal(look_at_nothing(true, "text/plain"), RESULT_UNSUPPORTED_MEDIA_TYPE);
    static const char *const types[] = {NULL, "application/json",
                                        "application/json; charset=utf-8"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        assert_int_equal(look_at_nothing(true, types[i]), RESULT_INVALID);
        assert_int_equal(call.service.faults.count, 1);
        assert_string_equal(call.service.faults.items[0].code, "missing");
        assert_null(call.service.faults.items[0].path[0].at);
    }
    assert_int_equal(look_at_nothing(true, "application/x-www-form-urlencoded"), RESULT_INVALID);
    assert_true(view_is(call.service.faults.items[0].path[0], "name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_parameters),
        cmocka_unit_test(test_texts_are_not_looked_at),
        cmocka_unit_test(test_uuids),
        cmocka_unit_test(test_usernames),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_a_body_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
