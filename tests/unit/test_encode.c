/* Encoding by tables. */
#include "unit.h"

#include <jansson.h>
#include <stdbool.h>

#include "api/encode.h"
#include "api/json_text.h"
#include "api/table_user.h"
#include "model/user.h"

struct inner {
    int64_t number;
};

struct outer {
    struct view text;
    struct view none;
    bool yes;
    struct view json;
    struct view no_json;
    int age;
    int colour;
    int no_colour;
    struct inner one;
    struct inner *items;
    size_t count;
    int64_t at_ms;
    int64_t never_ms;
    struct id id;
    struct decimal price;
    int64_t unknown;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct field inner_fields[] = {
    {.name = "number", .kind = FIELD_INTEGER, .offset = offsetof(struct inner, number)},
};

static const struct table inner_table = {
    .name = "Inner", .size = sizeof(struct inner), FIELDS(inner_fields)};

static const struct field outer_fields[] = {
    {.name = "text", .kind = FIELD_TEXT, .offset = offsetof(struct outer, text)},
    {.name = "none", .kind = FIELD_TEXT, .offset = offsetof(struct outer, none)},
    {.name = "yes", .kind = FIELD_BOOLEAN, .offset = offsetof(struct outer, yes)},
    {.name = "json", .kind = FIELD_OBJECT, .offset = offsetof(struct outer, json)},
    {.name = "no_json", .kind = FIELD_OBJECT, .offset = offsetof(struct outer, no_json)},
    {.name = "age", .kind = FIELD_INT_OPTION, .offset = offsetof(struct outer, age)},
    {.name = "colour",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct outer, colour),
     .choices = colours},
    {.name = "no_colour",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct outer, no_colour),
     .choices = colours},
    {.name = "one",
     .kind = FIELD_NESTED,
     .offset = offsetof(struct outer, one),
     .nested = &inner_table},
    {.name = "items",
     .kind = FIELD_NESTED_LIST,
     .offset = offsetof(struct outer, items),
     .nested = &inner_table},
    {.name = "at", .kind = FIELD_INSTANT, .offset = offsetof(struct outer, at_ms)},
    {.name = "never", .kind = FIELD_INSTANT, .offset = offsetof(struct outer, never_ms)},
    {.name = "id", .kind = FIELD_ID, .offset = offsetof(struct outer, id)},
    {.name = "price", .kind = FIELD_DECIMAL, .offset = offsetof(struct outer, price)},
    {.name = "unknown",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct outer, unknown),
     .flags = FIELD_NULLABLE},
};

static const struct table outer_table = {
    .name = "Outer", .size = sizeof(struct outer), FIELDS(outer_fields)};

static void test_every_kind(void **state)
{
    struct inner items[] = {{INT64_MIN}, {INT64_MAX}};
    const struct outer value = {
        .text = VIEW("a\"\\\n\xE2\x80\xA8z"),
        .yes = true,
        .json = VIEW("{\"a\":1}"),
        .age = -1,
        .colour = 2,
        .one = {7},
        .items = items,
        .count = 2,
        .at_ms = 1,
        .id = {{1, 2, 3}},
        .price = {DECIMAL_UNITS_MAX, 4},
        .unknown = -1,
    };
    char text[1024];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, text, sizeof text);
    encode_table(&b, &outer_table, &value);
    assert_true(builder_end(&b, &out));
    assert_view(out, "{\"text\":\"a\\\"\\\\\\n\\u2028z\",\"none\":null,\"yes\":true,"
                     "\"json\":{\"a\":1},\"no_json\":{},\"age\":null,\"colour\":\"green\","
                     "\"no_colour\":null,\"one\":{\"number\":7},"
                     "\"items\":[{\"number\":-9223372036854775808},"
                     "{\"number\":9223372036854775807}],\"at\":\"1970-01-01T00:00:00.001Z\","
                     "\"never\":null,\"id\":\"01020300-0000-0000-0000-000000000000\","
                     "\"price\":\"999999999999.9999\",\"unknown\":null}");
}

struct sparse {
    struct view text;
    int64_t number;
    const struct view *items;
    size_t count;
};

static const struct field sparse_fields[] = {
    {.name = "text",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct sparse, text),
     .flags = FIELD_OMITTED},
    {.name = "number",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct sparse, number),
     .flags = FIELD_OMITTED},
    {.name = "items",
     .kind = FIELD_TEXT_LIST,
     .offset = offsetof(struct sparse, items),
     .flags = FIELD_OMITTED},
};
static const struct table sparse_table = {
    .name = "Sparse", .size = sizeof(struct sparse), FIELDS(sparse_fields)};

static struct view sparse(const struct sparse *value, char room[128])
{
    struct builder b;
    struct view out;
    builder_init_fixed(&b, room, 128);
    encode_table(&b, &sparse_table, value);
    assert_true(builder_end(&b, &out));
    return out;
}

static void test_what_is_left_out(void **state)
{
    static const struct view items[] = {{"a", 1}};
    char room[128];
    assert_view(sparse(&(struct sparse){.text = {NULL, 0}, .number = -1}, room), "{}");
    assert_view(sparse(&(struct sparse){.text = VIEW(""), .number = -1}, room), "{\"text\":\"\"}");
    assert_view(sparse(&(struct sparse){.number = 0, .items = items, .count = 0}, room),
                "{\"number\":0,\"items\":[]}");
    assert_view(sparse(&(struct sparse){.number = -1, .items = items, .count = 1}, room),
                "{\"items\":[\"a\"]}");
}

static void test_too_long_fails(void **state)
{
    const struct outer value = {.text = VIEW("abc")};
    char text[16];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, text, sizeof text);
    encode_table(&b, &outer_table, &value);
    assert_false(builder_end(&b, &out));
}

static void test_a_user_parses_and_holds_no_secret(void **state)
{
    static const struct view roles[] = {{"admin", 5}, {"user", 4}};
    const struct user user = {
        .number = 3,
        .username = VIEW("alice"),
        .age = USER_AGE_UNKNOWN,
        .status = USER_DISABLED,
        .roles = roles,
        .role_count = 2,
        .created_ms = 1,
        .updated_ms = 1,
    };
    char text[1024];
    struct builder b;
    struct view out;
    builder_init_fixed(&b, text, sizeof text);
    encode_table(&b, &table_user, &user);
    assert_true(builder_end(&b, &out));
    json_t *json = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "status")), "disabled");
    assert_int_equal(json_array_size(json_object_get(json, "roles")), 2);
    assert_true(json_is_null(json_object_get(json, "email")));
    assert_true(json_is_null(json_object_get(json, "age")));
    assert_null(json_object_get(json, "password_hash"));
    assert_int_equal(json_object_size(json), 14);
    json_decref(json);
}

static void check_round_trip(const char *text)
{
    struct arena arena;
    arena_init(&arena, 0);
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    struct view out;
    assert_true(json_text_write(json, 0, &arena, &out));
    assert_int_equal(out.len, strlen(text));
    assert_memory_equal(out.at, text, out.len);
    json_decref(json);
    arena_clear(&arena);
}

static void test_json_text_is_exact(void **state)
{
    static const char *const texts[] = {
        "{\"z\":1,\"a\":[true,false,null],\"\":{}}",
        "[0.1,1.1,2.0,-0.0,1e+300,1.7976931348623157e+308,1.2345678901234568e+17]",
        "[9223372036854775807,-9223372036854775808]",
        "\"\\\"\\\\\xC3\xA4\xF0\x9F\x98\x80\"",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        check_round_trip(texts[i]);
    }
}

static void test_json_text_keeps_its_limit(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    json_t *json = json_loads("{\"a\":\"0123456789\"}", 0, NULL);
    struct view out;
    assert_true(json_text_write(json, 18, &arena, &out));
    assert_false(json_text_write(json, 17, &arena, &out));
    json_decref(json);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_what_is_left_out),
        cmocka_unit_test(test_too_long_fails),
        cmocka_unit_test(test_a_user_parses_and_holds_no_secret),
        cmocka_unit_test(test_json_text_is_exact),
        cmocka_unit_test(test_json_text_keeps_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
