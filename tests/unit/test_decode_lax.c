/* Tables that read JSON as FastAPI's models do, and amounts that are numbers. */
#include "api_tables.h"

#include <stdio.h>

static const struct table lax_table = {
    .name = "Lax",
    .size = sizeof(struct thing_in),
    .lax = true,
    FIELDS(thing_fields),
};

static const struct field priced_fields[] = {
    {.name = "price",
     .kind = FIELD_DECIMAL,
     .offset = offsetof(struct thing_in, price),
     .flags = FIELD_NUMBER},
};

static const struct table priced_table = {
    .name = "Priced",
    .size = sizeof(struct thing_in),
    FIELDS(priced_fields),
};

static enum result from_json(struct bench *bench, const struct table *table, const char *body)
{
    bench_init(bench, table, "body");
    return decode_json(&bench->decoding, view_of(body));
}

/* --- lax tables ------------------------------------------------------------------------------- */

static void test_unknown_members_are_ignored(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, &lax_table,
                               "{\"name\":\"ab\",\"Name\":\"xy\",\"role\":\"admin\",\"\":1,"
                               "\"hidden\":\"form only\",\"__proto__\":{\"name\":\"xy\"}}"),
                     RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_view(in->name.text, "ab");
    assert_false(in->hidden.given);
    bench_clear(&bench);
    /* A native table refuses them. */
    assert_int_equal(from_json(&bench, &thing_table, "{\"name\":\"ab\",\"role\":\"admin\"}"),
                     RESULT_INVALID);
    assert_one_fault(&bench, "role", "unknown_field");
    bench_clear(&bench);
}

static void test_unknown_parameters_are_ignored(void **state)
{
    struct bench bench;
    bench_init(&bench, &lax_table, "query");
    assert_int_equal(decode_query(&bench.decoding, VIEW("x=1&name=ab&x=2&a[]=1")), RESULT_OK);
    bench_clear(&bench);
    bench_init(&bench, &lax_table, "query");
    assert_int_equal(decode_query(&bench.decoding, VIEW("name=ab&name=ab")), RESULT_BAD_REQUEST);
    bench_clear(&bench);
}

/* CHECKLIST J03: twice is not guessed at, known or not. */
static void test_duplicates_are_refused(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, &lax_table, "{\"name\":\"ab\",\"name\":\"ab\"}"),
                     RESULT_MALFORMED_JSON);
    bench_clear(&bench);
    assert_int_equal(from_json(&bench, &lax_table, "{\"name\":\"ab\",\"x\":1,\"x\":1}"),
                     RESULT_MALFORMED_JSON);
    bench_clear(&bench);
}

/* DIALECTS: null means absent, but for what is needed. */
static void test_null_is_absent(void **state)
{
    struct bench bench;
    assert_int_equal(from_json(&bench, &lax_table,
                               "{\"name\":\"ab\",\"mail\":null,\"age\":null,\"good\":null,"
                               "\"extra\":null,\"tags\":null,\"colour\":null,\"price\":null}"),
                     RESULT_OK);
    const struct thing_in *in = bench.decoding.out;
    assert_false(in->mail.given || in->mail.null);
    assert_false(in->age.given || in->good.given || in->extra.given || in->tags.given);
    assert_false(in->colour.given || in->price.given);
    bench_clear(&bench);
    assert_int_equal(from_json(&bench, &lax_table, "{\"name\":null}"), RESULT_INVALID);
    assert_one_fault(&bench, "name", "wrong_type");
    assert_string_equal(bench.faults.items[0].expected, "string");
    bench_clear(&bench);
}

static void check_age(const char *json, int64_t wanted)
{
    struct bench bench;
    char body[100];
    (void)snprintf(body, sizeof body, "{\"name\":\"ab\",\"age\":%s}", json);
    if (from_json(&bench, &lax_table, body) != RESULT_OK) {
        fail_msg("refused: %s", json);
    }
    const struct thing_in *in = bench.decoding.out;
    assert_int_equal(in->age.number, wanted);
    bench_clear(&bench);
}

/* CHECKLIST J10: exact, or refused. */
static void test_whole_numbers_by_any_spelling(void **state)
{
    static const struct {
        const char *json;
        const char *code;
    } refused[] = {
        {"\"x\"", "wrong_type"},
        {"\"\"", "wrong_type"},
        {"\"1.0\"", "wrong_type"},
        {"\" 7\"", "wrong_type"},
        {"\"0x7\"", "wrong_type"},
        {"\"07\"", "wrong_type"},
        {"1.5", "wrong_type"},
        {"true", "wrong_type"},
        {"[]", "wrong_type"},
        {"{}", "wrong_type"},
        {"1e300", "wrong_type"},
        {"-1e300", "wrong_type"},
        {"\"-1\"", "too_small"},
        {"-1", "too_small"},
        {"-1.0", "too_small"},
        {"\"151\"", "too_large"},
        {"151", "too_large"},
        {"1e10", "too_large"},
        {"9007199254740992.0", "too_large"},
        {"18014398509481984.0", "wrong_type"},
        {"\"9223372036854775808\"", "wrong_type"},
    };
    check_age("7", 7);
    check_age("\"7\"", 7);
    check_age("7.0", 7);
    check_age("1.5e2", 150);
    check_age("-0.0", 0);
    check_age("\"0\"", 0);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct bench bench;
        char body[100];
        (void)snprintf(body, sizeof body, "{\"name\":\"ab\",\"age\":%s}", refused[i].json);
        if (from_json(&bench, &lax_table, body) != RESULT_INVALID) {
            fail_msg("taken: %s", refused[i].json);
        }
        assert_one_fault(&bench, "age", refused[i].code);
        bench_clear(&bench);
    }
}

/* What is exact in a native table stays so. */
static void test_native_tables_take_numbers_only(void **state)
{
    static const char *const ages[] = {"\"7\"", "7.0"};
    for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
        struct bench bench;
        char body[100];
        (void)snprintf(body, sizeof body, "{\"name\":\"ab\",\"age\":%s}", ages[i]);
        assert_int_equal(from_json(&bench, &thing_table, body), RESULT_INVALID);
        assert_one_fault(&bench, "age", "wrong_type");
        bench_clear(&bench);
    }
}

/* Nothing is taken for a text: CHECKLIST J05. */
static void test_texts_are_texts(void **state)
{
    static const char *const names[] = {"1", "1.5", "true", "[]", "{}", "[\"ab\"]", "{\"$ne\":1}"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct bench bench;
        char body[100];
        (void)snprintf(body, sizeof body, "{\"name\":%s}", names[i]);
        assert_int_equal(from_json(&bench, &lax_table, body), RESULT_INVALID);
        assert_one_fault(&bench, "name", "wrong_type");
        bench_clear(&bench);
    }
}

/* --- amounts that are numbers ----------------------------------------------------------------- */

static void test_amounts(void **state)
{
    static const struct {
        const char *json;
        const char *text; /* as it is written again */
    } taken[] = {
        {"12", "12"},
        {"0", "0"},
        {"12.5", "12.5"},
        {"12.50", "12.5"},
        {"0.1", "0.1"},
        {"0.0001", "0.0001"},
        {"1e2", "100"},
        {"9.99", "9.99"},
        {"1.0", "1"},
        {"999999999999", "999999999999"},
        {"12345678901.2345", "12345678901.2345"},
        {"\"12.50\"", "12.50"},
        {"\"999999999999.9999\"", "999999999999.9999"},
        {"0.30", "0.3"},
        {"4.35", "4.35"},
    };
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        struct bench bench;
        char body[100];
        char text[DECIMAL_TEXT_SIZE];
        (void)snprintf(body, sizeof body, "{\"price\":%s}", taken[i].json);
        if (from_json(&bench, &priced_table, body) != RESULT_OK) {
            fail_msg("refused: %s", taken[i].json);
        }
        const struct thing_in *in = bench.decoding.out;
        struct view written = decimal_format(&in->price.value, text);
        if (!view_is(written, taken[i].text)) {
            fail_msg("%s became %.*s", taken[i].json, VIEW_ARG(written));
        }
        bench_clear(&bench);
    }
}

static void test_amounts_that_are_none(void **state)
{
    static const struct {
        const char *json;
        const char *code;
    } refused[] = {
        {"-1", "malformed"},
        {"-0.01", "malformed"},
        {"0.00001", "malformed"},
        {"1e-7", "malformed"},
        {"1e12", "malformed"},
        {"1e300", "malformed"},
        {"1000000000000", "malformed"},
        {"123456789012.1234", "malformed"},
        {"0.12345", "malformed"},
        {"\"1e2\"", "malformed"},
        {"\"\"", "malformed"},
        {"\"x\"", "malformed"},
        {"true", "wrong_type"},
        {"null", "wrong_type"},
        {"[]", "wrong_type"},
        {"{}", "wrong_type"},
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct bench bench;
        char body[100];
        (void)snprintf(body, sizeof body, "{\"price\":%s}", refused[i].json);
        if (from_json(&bench, &priced_table, body) != RESULT_INVALID) {
            fail_msg("taken: %s", refused[i].json);
        }
        assert_one_fault(&bench, "price", refused[i].code);
        bench_clear(&bench);
    }
}

/* Without the flag an amount is a text, as before. */
static void test_native_amounts_are_texts(void **state)
{
    static const char *const prices[] = {"1", "1.5"};
    for (size_t i = 0; i < ARRAY_LEN(prices); i++) {
        struct bench bench;
        char body[100];
        (void)snprintf(body, sizeof body, "{\"name\":\"ab\",\"price\":%s}", prices[i]);
        assert_int_equal(from_json(&bench, &thing_table, body), RESULT_INVALID);
        assert_one_fault(&bench, "price", "wrong_type");
        bench_clear(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_members_are_ignored),
        cmocka_unit_test(test_unknown_parameters_are_ignored),
        cmocka_unit_test(test_duplicates_are_refused),
        cmocka_unit_test(test_null_is_absent),
        cmocka_unit_test(test_whole_numbers_by_any_spelling),
        cmocka_unit_test(test_native_tables_take_numbers_only),
        cmocka_unit_test(test_texts_are_texts),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_amounts_that_are_none),
        cmocka_unit_test(test_native_amounts_are_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
