/* The canonical form of records, and their order. */
#include "unit.h"

#include "model/limits.h"
#include "model/record.h"

struct bytes {
    uint8_t at[4096];
    size_t len;
};

static void add(void *context, const void *bytes, size_t len)
{
    struct bytes *out = context;
    assert_true(out->len + len <= sizeof out->at);
    if (len > 0)
        memcpy(out->at + out->len, bytes, len);
    out->len += len;
}

static struct bytes bytes_of(const struct record *record)
{
    struct bytes out = {.len = 0};
    record_write(record, add, &out);
    return out;
}

static bool is_same(const struct record *a, const struct record *b)
{
    struct bytes of_a = bytes_of(a);
    struct bytes of_b = bytes_of(b);
    return of_a.len == of_b.len && memcmp(of_a.at, of_b.at, of_a.len) == 0;
}

/* Written down once: a digest that was printed years ago must still be the digest. */
static void test_form_is_fixed(void **state)
{
    static const char expected[] = "\0\0\0\0\0\0\0\x01"   /* a setting */
                                   "\x01\0\0\0\0\0\0\0\2" /* a text of two bytes */
                                   "ab"
                                   "\x01\0\0\0\0\0\0\0\0" /* an empty one */;
    const struct record record = {.kind = RECORD_SETTING,
                                  .setting = {.name = VIEW("ab"), .value = VIEW("")}};
    struct bytes bytes = bytes_of(&record);
    assert_int_equal(bytes.len, sizeof expected - 1);
    assert_memory_equal(bytes.at, expected, bytes.len);
    const struct record counter = {.kind = RECORD_COUNTER,
                                   .counter = {.name = COUNTER_PRODUCTS, .value = -2}};
    bytes = bytes_of(&counter);
    assert_int_equal(bytes.len, 24);
    assert_memory_equal(bytes.at,
                        "\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x02\xff\xff\xff\xff\xff\xff\xff\xfe", 24);
}

static void test_no_text_is_not_an_empty_one(void **state)
{
    struct record some = {.kind = RECORD_PRODUCT, .product = {.description = VIEW("")}};
    struct record none = some;
    none.product.description = view_make(NULL, 0);
    assert_false(is_same(&some, &none));
}

/* Bytes do not move from one text to the next. */
static void test_texts_are_apart(void **state)
{
    struct record a = {.kind = RECORD_SETTING, .setting = {.name = VIEW("ab"), .value = VIEW("c")}};
    struct record b = {.kind = RECORD_SETTING, .setting = {.name = VIEW("a"), .value = VIEW("bc")}};
    assert_false(is_same(&a, &b));
}

static void test_lists_are_apart(void **state)
{
    const struct view one[] = {VIEW("a:b"), VIEW("c:d")};
    const struct view other[] = {VIEW("a:b"), VIEW("c:e")};
    struct record a = {.kind = RECORD_ROLE, .role = {.permissions = one, .permission_count = 2}};
    struct record b = a;
    b.role.permissions = other;
    assert_false(is_same(&a, &b));
    b = a;
    b.role.permission_count = 1;
    assert_false(is_same(&a, &b));
}

static void test_instant_of_a_change_does_not_count(void **state)
{
    struct record a = {.kind = RECORD_CHANGE, .change = {.kind = CHANGE_USER, .at_ms = 1}};
    struct record b = a;
    b.change.at_ms = 2;
    assert_true(is_same(&a, &b));
    b.change.kind = CHANGE_SESSION_ENDED;
    assert_false(is_same(&a, &b));
}

static void test_kinds_are_apart(void **state)
{
    struct record records[RECORD_KIND_END];
    for (enum record_kind kind = RECORD_NONE + 1; kind < RECORD_KIND_END; kind++) {
        memset(&records[kind], 0, sizeof records[kind]);
        records[kind].kind = kind;
        assert_true(record_kind_plural(kind)[0] != '\0');
        for (enum record_kind other = RECORD_NONE + 1; other < kind; other++)
            assert_false(is_same(&records[kind], &records[other]));
    }
}

static void test_order(void **state)
{
    struct record_position steps[] = {
        {.number = 0},
        {.name = VIEW("a")},
        {.name = VIEW("a\xc3\xa4")},
        {.name = VIEW("b")},
        {.id = {{0, 1}}},
        {.id = {{1}}},
        {.id = {{0x80}}},
        {.number = 1},
        {.number = 1, .id = {{1}}},
        {.number = INT64_C(9007199254740992)},
        {.number = INT64_C(9007199254740993)},
    };
    for (size_t a = 0; a < ARRAY_LEN(steps); a++) {
        for (size_t b = 0; b < ARRAY_LEN(steps); b++) {
            int order = record_position_compare(&steps[a], &steps[b]);
            assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
        }
    }
}

static void test_positions(void **state)
{
    const struct record setting = {.kind = RECORD_SETTING, .setting = {.name = VIEW("n")}};
    const struct record user = {.kind = RECORD_USER, .user = {.user = {.number = 7}}};
    const struct record change = {.kind = RECORD_CHANGE,
                                  .change = {.kind = CHANGE_USER, .subject = {{9}}}};
    struct record_position position = record_position_of(&setting);
    assert_view(position.name, "n");
    assert_int_equal(record_position_of(&user).number, 7);
    position = record_position_of(&change);
    assert_int_equal(position.number, CHANGE_USER);
    assert_int_equal(position.id.bytes[0], 9);
}

/* Characters count, and bytes where there are none. */
static void test_limits_of_a_name(void **state)
{
    static char bytes[NAME_MAX_CHARS * 4 + 1];
    struct record user = {.kind = RECORD_USER};
    for (size_t i = 0; i < NAME_MAX_CHARS; i++)
        memcpy(bytes + 4 * i, "\xf0\x9f\x98\x80", 4);
    user.user.user.name = view_make(bytes, sizeof bytes - 1);
    assert_true(record_is_within_limits(&user));
    memset(bytes, 'x', sizeof bytes);
    user.user.user.name = view_make(bytes, NAME_MAX_CHARS + 1);
    assert_false(record_is_within_limits(&user));
    memset(bytes, 0x80, sizeof bytes); /* the middle of characters only */
    user.user.user.name = view_make(bytes, sizeof bytes);
    assert_false(record_is_within_limits(&user));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form_is_fixed),
        cmocka_unit_test(test_no_text_is_not_an_empty_one),
        cmocka_unit_test(test_texts_are_apart),
        cmocka_unit_test(test_lists_are_apart),
        cmocka_unit_test(test_instant_of_a_change_does_not_count),
        cmocka_unit_test(test_kinds_are_apart),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_limits_of_a_name),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
