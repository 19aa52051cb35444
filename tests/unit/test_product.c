/* Keys and orders of products. */
#include "unit.h"

#include "model/product.h"

static void test_keys(void **state)
{
    static const char *const none[] = {"",
                                       " ",
                                       "a",
                                       "1.0",
                                       "1e3",
                                       "+1",
                                       "0x1",
                                       "01",
                                       "1 ",
                                       "-",
                                       "99999999999999999999",
                                       "01a1fc2d80487c46ba5b5cbd67683ce8"};
    struct product_key key;
    assert_true(product_key_of(VIEW("01a1fc2d-8048-7c46-ba5b-5cbd67683ce8"), &key));
    assert_int_equal(key.kind, PRODUCT_BY_ID);
    assert_true(product_key_of(VIEW("42"), &key));
    assert_int_equal(key.kind, PRODUCT_BY_NUMBER);
    assert_int_equal(key.number, 42);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(product_key_of(view_of(none[i]), &key));
    }
}

static void test_sorts(void **state)
{
    static const char *const none[] = {"",      "-",          ",",     "price,",      "--price",
                                       "Price", "price name", "owner", "price,-price"};
    struct product_sort sorts[PRODUCT_SORT_FIELD_COUNT];
    size_t count = 0;
    assert_true(product_sorts_of(VIEW("-price,name"), sorts, &count));
    assert_int_equal(count, 2);
    assert_int_equal(sorts[0].field, PRODUCT_SORT_PRICE);
    assert_true(sorts[0].descending);
    assert_int_equal(sorts[1].field, PRODUCT_SORT_NAME);
    assert_false(sorts[1].descending);
    assert_true(product_sorts_of(VIEW("number,name,price,created_at,-updated_at"), sorts, &count));
    assert_int_equal(count, PRODUCT_SORT_FIELD_COUNT);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(product_sorts_of(view_of(none[i]), sorts, &count));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_sorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
