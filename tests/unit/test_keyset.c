/* What stands behind a position, as SQL. */
#include "unit.h"

#include "store/sqlite/keyset.h"

static const char *written(void (*write)(struct builder *, const struct keyset *),
                           const struct keyset *keyset)
{
    static char text[512];
    struct builder b;
    struct view view;
    builder_init_fixed(&b, text, sizeof text - 1);
    write(&b, keyset);
    assert_true(builder_end(&b, &view));
    text[view.len] = '\0';
    return text;
}

static void add_behind(struct builder *b, const struct keyset *keyset)
{
    keyset_add_behind(b, keyset, 20, 9);
}

static void test_one_key(void **state)
{
    struct keyset keyset = {.keys = {{"name", false}}, .count = 1, .tie = "id"};
    assert_string_equal(written(keyset_add_order, &keyset), " ORDER BY name, id");
    assert_string_equal(written(add_behind, &keyset), " AND (name, id) > (?20, ?9)");
    keyset.keys[0].down = true;
    assert_string_equal(written(keyset_add_order, &keyset), " ORDER BY name DESC, id DESC");
    assert_string_equal(written(add_behind, &keyset), " AND (name, id) < (?20, ?9)");
    keyset.tie = NULL;
    assert_string_equal(written(keyset_add_order, &keyset), " ORDER BY name DESC");
    assert_string_equal(written(add_behind, &keyset), " AND name < ?20");
}

static void test_several_keys(void **state)
{
    struct keyset keyset = {.keys = {{"a", true}, {"b", false}}, .count = 2, .tie = "id"};
    assert_string_equal(written(keyset_add_order, &keyset), " ORDER BY a DESC, b, id");
    assert_string_equal(written(add_behind, &keyset),
                        " AND a <= ?20 AND (a < ?20 OR (a = ?20 AND (b > ?21 OR (b = ?21 AND"
                        " (id > ?9)))))");
    keyset.tie = NULL;
    assert_string_equal(written(add_behind, &keyset),
                        " AND a <= ?20 AND (a < ?20 OR (a = ?20 AND (b > ?21)))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_key),
        cmocka_unit_test(test_several_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
