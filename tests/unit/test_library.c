/* Libraries that are loaded when they are needed, and what is said when they are not there. */
#include "unit.h"

#include <string.h>

#include "store/library.h"

#define HERE "libm.so.6" /* of the C library, so wherever this runs */

static double (*cosine)(double);
static int (*other)(double);

static enum result load(const char *soname, const char *name, char message[256])
{
    const struct library_function functions[] = {{"cos", &cosine}, {name, &other}};
    const struct library library = {soname, "TestDB", "libtest1", functions, ARRAY_LEN(functions)};
    cosine = NULL;
    other = NULL;
    message[0] = '\0';
    return library_load(&library, message, 256);
}

static void test_functions_can_be_called(void **state)
{
    char message[256];
    assert_int_equal(load(HERE, "ilogb", message), RESULT_OK);
    assert_true(cosine(0.0) > 0.99);
    assert_int_equal(other(8.0), 3);
    assert_string_equal(message, "");
}

static void test_library_that_is_not_there(void **state)
{
    char message[256];
    assert_int_equal(load("liblatchkey-test-nowhere.so.7", "ilogb", message), RESULT_BAD_REQUEST);
    assert_non_null(strstr(message, "TestDB needs the library liblatchkey-test-nowhere.so.7"));
    assert_non_null(strstr(message, "apt-get install libtest1"));
    assert_non_null(strstr(message, "No such file"));
}

static void test_library_that_lacks_a_function(void **state)
{
    char message[256];
    assert_int_equal(load(HERE, "latchkey_no_such_function", message), RESULT_BAD_REQUEST);
    assert_string_equal(message, "the library libm.so.6 is too old for TestDB: it has no "
                                 "latchkey_no_such_function");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_can_be_called),
        cmocka_unit_test(test_library_that_is_not_there),
        cmocka_unit_test(test_library_that_lacks_a_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
