/* Decoding by tables: CHECKLIST J01 to J12 and Q01 to Q06, as far as they meet the decoder. */
#include "api_tables.h"

#include <stdio.h>

struct json_case {
    const char *body;
    const char *member;
    const char *code;
};

static enum result from_json(struct bench *bench, struct view body)
{
    bench_init(bench, &thing_table, "body");
    return decode_json(&bench->decoding, body);
}

static void check_refused(struct view body)
{
    struct bench bench;
    enum result result = from_json(&bench, body);
    if (result != RESULT_MALFORMED_JSON) {
        print_error("taken: %.*s\n", VIEW_ARG(body));
    }
    assert_int_equal(result, RESULT_MALFORMED_JSON);
    bench_clear(&bench);
}

static void check_fault(const struct json_case *c)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, view_of(c->body)), RESULT_INVALID);
    assert_one_fault(&bench, c->member, c->code);
    bench_clear(&bench);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void test_json_every_kind(void **state)
{
    struct bench bench;
    assert_int_equal(
        from_json(&bench, VIEW(" {\"name\":\"\\u00e4b\",\"mail\":null,\"age\":42,\"good\":true,"
                               "\"extra\":{ \"b\" : [1.1, 2.0, null], \"a\":{} },"
                               "\"tags\":[\"x\",\"yz\"],\"colour\":\"red\"} ")),
        RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_true(in->name.given && !in->name.null);
    assert_view(in->name.text, "\xC3\xA4"
                               "b");
    assert_true(in->mail.given && in->mail.null);
    assert_null(in->mail.text.at);
    assert_int_equal(in->age.number, 42);
    assert_true(in->good.given && in->good.value);
    assert_view(in->extra.text, "{\"b\":[1.1,2.0,null],\"a\":{}}");
    assert_int_equal(in->tags.count, 2);
    assert_view(in->tags.items[1], "yz");
    assert_view(in->colour.text, "red");
    assert_false(in->hidden.given);
    bench_clear(&bench);
}

static void test_json_absent_is_not_given(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, VIEW("{\"name\":\"ab\"}")), RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_false(in->mail.given || in->age.given || in->good.given || in->tags.given);
    bench_clear(&bench);
}

static void test_json_j01_malformed(void **state)
{
    static const char *const bodies[] = {
        "",
        " ",
        "{",
        "}",
        "{\"name\"}",
        "{\"name\":}",
        "{\"name\":\"ab\",}",
        "{name:\"ab\"}",
        "{'name':'ab'}",
        "{\"name\":\"ab\"} x",
        "{\"name\":\"ab\"}{}",
        "[",
        "[1,]",
        "nul",
        "+1",
        "01",
        "1.",
        ".5",
        "0x1",
        "NaN",
        "Infinity",
        "-",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\t\"",
        "{\"name\":\"ab\"/**/}",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        check_refused(view_of(bodies[i]));
    }
}

static void test_json_j02_wrong_shape(void **state)
{
    static const char *const bodies[] = {"[]", "[1]", "\"name\"", "1", "1.5", "true", "null"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct bench bench;
        assert_int_equal(from_json(&bench, view_of(bodies[i])), RESULT_INVALID);
        assert_int_equal(bench.faults.count, 1);
        assert_string_equal(bench.faults.items[0].code, "wrong_type");
        assert_null(bench.faults.items[0].path[0].at);
        bench_clear(&bench);
    }
}

static void test_json_j03_duplicates(void **state)
{
    check_refused(VIEW("{\"name\":\"ab\",\"name\":\"cd\"}"));
    check_refused(VIEW("{\"name\":\"ab\",\"n\\u0061me\":\"cd\"}"));
    check_refused(VIEW("{\"name\":\"ab\",\"extra\":{\"a\":1,\"a\":1}}"));
}

static struct view nested(struct arena *arena, size_t depth)
{
    char *text = arena_take(arena, depth * 2 + sizeof "{\"name\":\"ab\",\"extra\":{\"a\":}}");
    assert_non_null(text);
    char *at = stpcpy(text, "{\"name\":\"ab\",\"extra\":{\"a\":");
    memset(at, '[', depth);
    memset(at + depth, ']', depth);
    strcpy(at + depth * 2, "}}");
    return view_of(text);
}

static void test_json_j04_depth(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct bench bench;
    /* The body and `extra` are two levels; a limit of 40 bytes allows no 30 more. */
    assert_int_equal(from_json(&bench, nested(&arena, DECODE_DEPTH_MAX - 2)), RESULT_INVALID);
    assert_one_fault(&bench, "extra", "too_long");
    bench_clear(&bench);
    check_refused(nested(&arena, DECODE_DEPTH_MAX - 1));
    check_refused(nested(&arena, 100000));
    arena_clear(&arena);
    char brackets[4096];
    memset(brackets, '[', sizeof brackets);
    check_refused(view_make(brackets, sizeof brackets));
    /* Brackets in texts are no depth. */
    assert_int_equal(from_json(&bench, VIEW("{\"name\":\"[[\",\"mail\":\"\\\"[[[[\"}")), RESULT_OK);
    bench_clear(&bench);
}

static void test_json_j05_wrong_types(void **state)
{
    static const struct json_case cases[] = {
        {"{\"name\":{\"$ne\":null}}", "name", "wrong_type"},
        {"{\"name\":[\"ab\"]}", "name", "wrong_type"},
        {"{\"name\":true}", "name", "wrong_type"},
        {"{\"name\":0}", "name", "wrong_type"},
        {"{\"name\":1.5}", "name", "wrong_type"},
        {"{\"name\":null}", "name", "wrong_type"},
        {"{\"name\":\"ab\",\"age\":\"42\"}", "age", "wrong_type"},
        {"{\"name\":\"ab\",\"age\":true}", "age", "wrong_type"},
        {"{\"name\":\"ab\",\"good\":1}", "good", "wrong_type"},
        {"{\"name\":\"ab\",\"good\":\"true\"}", "good", "wrong_type"},
        {"{\"name\":\"ab\",\"good\":null}", "good", "wrong_type"},
        {"{\"name\":\"ab\",\"extra\":[]}", "extra", "wrong_type"},
        {"{\"name\":\"ab\",\"extra\":\"{}\"}", "extra", "wrong_type"},
        {"{\"name\":\"ab\",\"extra\":null}", "extra", "wrong_type"},
        {"{\"name\":\"ab\",\"tags\":{}}", "tags", "wrong_type"},
        {"{\"name\":\"ab\",\"tags\":\"x\"}", "tags", "wrong_type"},
        {"{\"name\":\"ab\",\"tags\":[1]}", "tags", "wrong_type"},
        {"{\"name\":\"ab\",\"tags\":[\"a\",null]}", "tags", "wrong_type"},
        {"{\"name\":\"ab\",\"colour\":1}", "colour", "wrong_type"},
        {"{\"name\":\"ab\",\"price\":1}", "price", "wrong_type"},
        {"{\"name\":\"ab\",\"price\":1.5}", "price", "wrong_type"},
        {"{\"name\":\"ab\",\"price\":null}", "price", "wrong_type"},
        {"{\"name\":\"ab\",\"price\":[]}", "price", "wrong_type"},
        {"{\"name\":\"ab\",\"price\":\"1e3\"}", "price", "malformed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_fault(&cases[i]);
    }
}

static void test_decimals_are_exact(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, VIEW("{\"name\":\"ab\",\"price\":\"0.3000\"}")), RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_true(in->price.given);
    assert_int_equal(in->price.value.units, 3000);
    assert_int_equal(in->price.value.places, 4);
    bench_clear(&bench);
}

static void test_json_j06_no_utf8(void **state)
{
    static const struct view bodies[] = {
        {"{\"name\":\"\xff\"}", 12},
        {"{\"name\":\"\xc0\xaf\"}", 13},
        {"{\"name\":\"\xed\xa0\x80\"}", 14},
        {"{\"name\":\"\xf4\x90\x80\x80\"}", 15},
        {"\xef\xbb\xbf{\"name\":\"ab\"}", 16},
        {"\xfe\xff\0{", 4},
        {"{\0\"\0", 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        check_refused(bodies[i]);
    }
}

static void test_json_j07_nul(void **state)
{
    check_refused(VIEW("{\"name\":\"a\\u0000b\"}"));
    check_refused(VIEW("{\"name\":\"ab\",\"extra\":{\"a\\u0000\":1}}"));
    check_refused(VIEW("{\"name\":\"ab\",\"age\":1\0}"));
    check_refused(VIEW("{\"name\":\"a\0b\"}"));
}

static void test_json_j10_numbers(void **state)
{
    static const struct json_case cases[] = {
        {"{\"name\":\"ab\",\"age\":1.0}", "age", "wrong_type"},
        {"{\"name\":\"ab\",\"age\":1e2}", "age", "wrong_type"},
        {"{\"name\":\"ab\",\"age\":151}", "age", "too_large"},
        {"{\"name\":\"ab\",\"age\":-1}", "age", "too_small"},
        {"{\"name\":\"ab\",\"age\":9007199254740993}", "age", "too_large"},
        {"{\"name\":\"ab\",\"age\":9223372036854775807}", "age", "too_large"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_fault(&cases[i]);
    }
    check_refused(VIEW("{\"name\":\"ab\",\"age\":9223372036854775808}"));
    check_refused(VIEW("{\"name\":\"ab\",\"age\":1e400}"));
    struct bench bench;
    assert_int_equal(
        from_json(&bench, VIEW("{\"name\":\"ab\",\"extra\":{\"n\":[9007199254740993,0.1,1e300]}}")),
        RESULT_OK);
    assert_view(((const struct thing_in *)bench.decoding.out)->extra.text,
                "{\"n\":[9007199254740993,0.1,1e+300]}");
    bench_clear(&bench);
}

static void test_json_limits(void **state)
{
    static const struct json_case cases[] = {
        {"{}", "name", "missing"},
        {"{\"name\":\"a\"}", "name", "too_short"},
        {"{\"name\":\"abcde\"}", "name", "too_long"},
        {"{\"name\":\"\"}", "name", "too_short"},
        {"{\"name\":\"ab\",\"mail\":\"123456789\"}", "mail", "too_long"},
        {"{\"name\":\"ab\",\"colour\":\"blue\"}", "colour", "not_allowed"},
        {"{\"name\":\"ab\",\"colour\":\"RED\"}", "colour", "not_allowed"},
        {"{\"name\":\"ab\",\"tags\":[\"a\",\"b\",\"c\"]}", "tags", "too_long"},
        {"{\"name\":\"ab\",\"tags\":[\"abcd\"]}", "tags", "too_long"},
        {"{\"name\":\"ab\",\"other\":1}", "other", "unknown_field"},
        {"{\"name\":\"ab\",\"Name\":\"ab\"}", "Name", "unknown_field"},
        {"{\"name\":\"ab\",\"\":1}", "", "unknown_field"},
        {"{\"name\":\"ab\",\"hidden\":\"x\"}", "hidden", "unknown_field"},
        {"{\"name\":\"ab\",\"extra\":{\"a\":\"0123456789012345678901234567890123456789\"}}",
         "extra", "too_long"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_fault(&cases[i]);
    }
}

static void test_json_lengths_count_code_points(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, VIEW("{\"name\":\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80"
                                            "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\"}")),
                     RESULT_OK);
    bench_clear(&bench);
    check_fault(&(struct json_case){"{\"name\":\"\xF0\x9F\x98\x80\"}", "name", "too_short"});
}

static void test_json_item_is_named_by_index(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, VIEW("{\"name\":\"ab\",\"tags\":[\"a\",\"bcde\"]}")),
                     RESULT_INVALID);
    assert_view(bench.faults.items[0].path[0], "tags");
    assert_view(bench.faults.items[0].path[1], "1");
    bench_clear(&bench);
}

static void test_json_several_faults_at_once(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, VIEW("{\"age\":-1,\"good\":1,\"x\":0}")), RESULT_INVALID);
    assert_int_equal(bench.faults.count, 4);
    bench_clear(&bench);
}

static void test_json_many_faults_are_counted(void **state)
{
    char body[1024] = "{\"name\":\"ab\"";
    for (int i = 0; i < 40; i++) {
        char member[32];
        snprintf(member, sizeof member, ",\"x%d\":1", i);
        strcat(body, member);
    }
    strcat(body, "}");
    struct bench bench;
    assert_int_equal(from_json(&bench, view_of(body)), RESULT_INVALID);
    assert_int_equal(bench.faults.count, 40);
    bench_clear(&bench);
}

static void test_json_any_of(void **state)
{
    static const char *const names[] = {"mail", "colour", NULL};
    struct table table = thing_table;
    table.any_of = names;
    struct bench bench;
    bench_init(&bench, &table, "body");
    assert_int_equal(decode_json(&bench.decoding, VIEW("{\"name\":\"ab\"}")), RESULT_INVALID);
    assert_one_fault(&bench, "mail", "missing");
    bench_clear(&bench);
    bench_init(&bench, &table, "body");
    assert_int_equal(decode_json(&bench.decoding, VIEW("{\"name\":\"ab\",\"colour\":\"red\"}")),
                     RESULT_OK);
    bench_clear(&bench);
}

/* Where null counts as left out, it is no choice either. */
static void test_json_any_of_null(void **state)
{
    static const char *const names[] = {"mail", "colour", NULL};
    struct table table = thing_table;
    table.any_of = names;
    table.lax = true;
    struct bench bench;
    bench_init(&bench, &table, "body");
    assert_int_equal(decode_json(&bench.decoding, VIEW("{\"name\":\"ab\",\"colour\":null}")),
                     RESULT_INVALID);
    assert_one_fault(&bench, "mail", "missing");
    bench_clear(&bench);
}

static void test_json_ignores_unknown_where_told(void **state)
{
    struct table table = thing_table;
    table.ignore_unknown = true;
    struct bench bench;
    bench_init(&bench, &table, "body");
    assert_int_equal(decode_json(&bench.decoding, VIEW("{\"name\":\"ab\",\"other\":1}")),
                     RESULT_OK);
    bench_clear(&bench);
}

static void test_json_keeps_nothing_of_the_body(void **state)
{
    char body[] = "{\"name\":\"ab\",\"mail\":\"m\"}";
    struct bench bench;
    assert_int_equal(from_json(&bench, view_of(body)), RESULT_OK);
    memset(body, 'x', sizeof body);
    assert_view(((const struct thing_in *)bench.decoding.out)->name.text, "ab");
    bench_clear(&bench);
}

static void test_json_out_of_memory_is_internal(void **state)
{
    struct bench bench;
    bench_init(&bench, &thing_table, "body");
    bench.arena.limit_bytes = 1;
    assert_int_equal(decode_json(&bench.decoding, VIEW("{\"name\":\"ab\"}")), RESULT_INTERNAL);
    bench_clear(&bench);
}

/* --- forms ------------------------------------------------------------------------------------ */

static const struct table form_table = {
    .name = "Form",
    .size = sizeof(struct thing_in),
    .fields = thing_fields,
    .field_count = 4,
};

static enum result from_form(struct bench *bench, const struct table *table, const char *body)
{
    bench_init(bench, table, "body");
    return decode_form(&bench->decoding, view_of(body));
}

static void test_form_types_texts(void **state)
{
    struct bench bench;
    assert_int_equal(from_form(&bench, &thing_table,
                               "name=a+%C3%A4&age=7&good=false&hidden=x&unknown=%20&&client=1"),
                     RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_view(in->name.text, "a \xC3\xA4");
    assert_int_equal(in->age.number, 7);
    assert_true(in->good.given && !in->good.value);
    assert_view(in->hidden.text, "x");
    bench_clear(&bench);
}

static void test_form_empty_value_is_left_out(void **state)
{
    struct bench bench;
    assert_int_equal(from_form(&bench, &form_table, "name=&age="), RESULT_INVALID);
    assert_one_fault(&bench, "name", "missing");
    bench_clear(&bench);
    assert_int_equal(from_form(&bench, &form_table, ""), RESULT_INVALID);
    bench_clear(&bench);
}

static void test_form_refusals(void **state)
{
    static const char *const malformed[] = {"name=ab&name=ab", "name=%zz",    "name=%",
                                            "name=%4",         "name=%00b",   "name=%ff",
                                            "%ff=1",           "name=%c0%af", "name=ab&%6eame=cd"};
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
        struct bench bench;
        assert_int_equal(from_form(&bench, &form_table, malformed[i]), RESULT_MALFORMED_FORM);
        assert_true(bench.decoding.detail.len > 0);
        bench_clear(&bench);
    }
    static const struct json_case faults[] = {
        {"name=ab&age=x", "age", "wrong_type"},      {"name=ab&age=1.0", "age", "wrong_type"},
        {"name=ab&age=151", "age", "too_large"},     {"name=ab&good=1", "good", "wrong_type"},
        {"name=abcde", "name", "too_long"},          {"name[$ne]=", "name", "missing"},
        {"name=ab&good=True", "good", "wrong_type"},
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct bench bench;
        assert_int_equal(from_form(&bench, &form_table, faults[i].body), RESULT_INVALID);
        assert_one_fault(&bench, faults[i].member, faults[i].code);
        bench_clear(&bench);
    }
}

/* --- queries ---------------------------------------------------------------------------------- */

struct query_in {
    struct in_integer limit;
    struct in_text q;
};

static const struct field query_fields[] = {
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct query_in, limit),
     .min = 1,
     .max = 1000},
    {.name = "q", .kind = FIELD_TEXT, .offset = offsetof(struct query_in, q), .max = 10},
};

static const struct table query_table = {
    .name = "Query", .size = sizeof(struct query_in), FIELDS(query_fields)};

static enum result from_query(struct bench *bench, const struct table *table, const char *query)
{
    bench_init(bench, table, "query");
    return decode_query(&bench->decoding, view_of(query));
}

static void test_query_values(void **state)
{
    struct bench bench;
    assert_int_equal(from_query(&bench, &query_table, "limit=1000&q=%25_%5C"), RESULT_OK);
    const struct query_in *in = bench.decoding.out;
    assert_int_equal(in->limit.number, 1000);
    assert_view(in->q.text, "%_\\");
    bench_clear(&bench);
    assert_int_equal(from_query(&bench, &query_table, ""), RESULT_OK);
    bench_clear(&bench);
}

static void test_query_q01_unknown_names(void **state)
{
    static const char *const names[] = {"sort_by", "order",      "filter",
                                        "$where",  "limit[$ne]", "q[]"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char query[64];
        snprintf(query, sizeof query, "%s=password_hash", names[i]);
        struct bench bench;
        assert_int_equal(from_query(&bench, &query_table, query), RESULT_INVALID);
        assert_one_fault(&bench, names[i], "unknown_field");
        bench_clear(&bench);
    }
}

static void test_query_q04_limits(void **state)
{
    static const struct json_case cases[] = {
        {"limit=0", "limit", "too_small"},
        {"limit=-1", "limit", "too_small"},
        {"limit=1001", "limit", "too_large"},
        {"limit=1000000000", "limit", "too_large"},
        {"limit=abc", "limit", "wrong_type"},
        {"limit=", "limit", "wrong_type"},
        {"limit", "limit", "wrong_type"},
        {"limit=1%20", "limit", "wrong_type"},
        {"limit=%2B1", "limit", "wrong_type"},
        {"limit=01", "limit", "wrong_type"},
        {"limit=9223372036854775808", "limit", "wrong_type"},
        {"q=01234567890", "q", "too_long"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench bench;
        assert_int_equal(from_query(&bench, &query_table, cases[i].body), RESULT_INVALID);
        assert_one_fault(&bench, cases[i].member, cases[i].code);
        bench_clear(&bench);
    }
}

static void test_query_q06_twice_or_unreadable(void **state)
{
    static const char *const queries[] = {"limit=1&limit=1", "q=a&%71=b", "q=%zz",
                                          "q=%00",           "q=%ff",     "%=1"};
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        struct bench bench;
        assert_int_equal(from_query(&bench, &query_table, queries[i]), RESULT_BAD_REQUEST);
        assert_true(bench.decoding.detail.len > 0);
        bench_clear(&bench);
    }
}

static void test_query_without_table_takes_nothing(void **state)
{
    struct bench bench;
    assert_int_equal(from_query(&bench, NULL, ""), RESULT_OK);
    assert_null(bench.decoding.out);
    bench_clear(&bench);
    assert_int_equal(from_query(&bench, NULL, "x=1"), RESULT_INVALID);
    assert_one_fault(&bench, "x", "unknown_field");
    bench_clear(&bench);
}

static void test_query_t21_token_is_ignored(void **state)
{
    struct bench bench;
    assert_int_equal(from_query(&bench, NULL, "access_token=abc"), RESULT_OK);
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_every_kind),
        cmocka_unit_test(test_json_absent_is_not_given),
        cmocka_unit_test(test_json_j01_malformed),
        cmocka_unit_test(test_json_j02_wrong_shape),
        cmocka_unit_test(test_json_j03_duplicates),
        cmocka_unit_test(test_json_j04_depth),
        cmocka_unit_test(test_json_j05_wrong_types),
        cmocka_unit_test(test_decimals_are_exact),
        cmocka_unit_test(test_json_j06_no_utf8),
        cmocka_unit_test(test_json_j07_nul),
        cmocka_unit_test(test_json_j10_numbers),
        cmocka_unit_test(test_json_limits),
        cmocka_unit_test(test_json_lengths_count_code_points),
        cmocka_unit_test(test_json_item_is_named_by_index),
        cmocka_unit_test(test_json_several_faults_at_once),
        cmocka_unit_test(test_json_many_faults_are_counted),
        cmocka_unit_test(test_json_any_of),
        cmocka_unit_test(test_json_any_of_null),
        cmocka_unit_test(test_json_ignores_unknown_where_told),
        cmocka_unit_test(test_json_keeps_nothing_of_the_body),
        cmocka_unit_test(test_json_out_of_memory_is_internal),
        cmocka_unit_test(test_form_types_texts),
        cmocka_unit_test(test_form_empty_value_is_left_out),
        cmocka_unit_test(test_form_refusals),
        cmocka_unit_test(test_query_values),
        cmocka_unit_test(test_query_q01_unknown_names),
        cmocka_unit_test(test_query_q04_limits),
        cmocka_unit_test(test_query_q06_twice_or_unreadable),
        cmocka_unit_test(test_query_without_table_takes_nothing),
        cmocka_unit_test(test_query_t21_token_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
