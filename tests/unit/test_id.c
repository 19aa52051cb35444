#include "unit.h"

#include "base/id.h"

static void test_new_is_version_7(void **state)
{
    struct id id = id_new(0x0123456789AB);
    static const uint8_t time[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB};
    assert_memory_equal(id.bytes, time, sizeof time);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}

static void test_new_ones_differ(void **state)
{
    struct id a = id_new(1);
    struct id b = id_new(1);
    assert_false(id_equal(&a, &b));
    assert_true(id_equal(&a, &a));
    assert_false(id_is_nil(&a));
}

static void test_equal_sees_every_byte(void **state)
{
    struct id nil = {{0}};
    assert_true(id_is_nil(&nil));
    for (size_t i = 0; i < sizeof nil.bytes; i++) {
        struct id other = nil;
        other.bytes[i] = 1;
        assert_false(id_equal(&nil, &other));
        assert_false(id_is_nil(&other));
    }
}

static void test_text_round_trip(void **state)
{
    struct id id;
    char text[ID_TEXT_SIZE];
    assert_true(id_parse(VIEW("017F22E2-79b0-7cc3-98C4-dc0c0c07398f"), &id));
    id_format(&id, text);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void test_parse_refuses(void **state)
{
    static const struct view bad[] = {
        {NULL, 0},
        VIEW_INIT(""),
        VIEW_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398"),
        VIEW_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"),
        VIEW_INIT("017f22e279b07cc398c4dc0c0c07398f"),
        VIEW_INIT("{17f22e2-79b0-7cc3-98c4-dc0c0c07398}"),
        VIEW_INIT("017f22e2079b0-7cc3-98c4-dc0c0c07398f"),
        VIEW_INIT("017f22e2-79b007cc3-98c4-dc0c0c07398f"),
        VIEW_INIT("017f22e2-79b0-7cc3098c4-dc0c0c07398f"),
        VIEW_INIT("017f22e2-79b0-7cc3-98c40dc0c0c07398f"),
        VIEW_INIT("-17f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        VIEW_INIT("g17f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        VIEW_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398G"),
        VIEW_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398\0"),
        VIEW_INIT(" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct id id = {{0}};
        assert_false(id_parse(bad[i], &id));
        assert_true(id_is_nil(&id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_is_version_7),      cmocka_unit_test(test_new_ones_differ),
        cmocka_unit_test(test_equal_sees_every_byte), cmocka_unit_test(test_text_round_trip),
        cmocka_unit_test(test_parse_refuses),
    };
    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
