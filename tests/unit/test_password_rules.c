#include "unit.h"

#include <stdio.h>

#include "service/blocklist.h"
#include "service/password_rules.h"

#define EMOJI "\xF0\x9F\xA6\x8A" /* four bytes, one code point */

static struct service_options options;
static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    options = (struct service_options){
        .password_min_length = 8,
        .password_blocklist = true,
        .password_params = password_params_default(PASSWORD_ARGON2ID),
    };
    return 0;
}

static int teardown(void **state)
{
    arena_clear(&arena);
    return 0;
}

/* The fault's code, or NULL when the password is fit. */
static const char *code_of(struct view password)
{
    struct password_owner owner = {VIEW("margaret.h"), VIEW("maggie-h@example.com")};
    struct faults faults = {0};

    if (password_rules_check(&options, password, &owner, "password", &arena, &faults)) {
        assert_int_equal(faults.count, 0);
        return "fit";
    }
    assert_int_equal(faults.count, 1);
    assert_true(faults.items[0].message.len > 0);
    assert_view(faults.items[0].path[0], "password");
    return faults.items[0].code;
}

/* CHECKLIST P01: code points are counted, not bytes. */
static void test_length_in_code_points(void **state)
{
    assert_string_equal(code_of(VIEW(EMOJI EMOJI EMOJI EMOJI EMOJI EMOJI EMOJI)), "too_short");
    assert_string_equal(code_of(VIEW(EMOJI EMOJI EMOJI EMOJI EMOJI EMOJI EMOJI EMOJI)), "fit");
    assert_string_equal(code_of(VIEW("")), "too_short");
    options.password_min_length = 4;
    assert_string_equal(code_of(VIEW("qzxv")), "fit");
    assert_string_equal(code_of(VIEW("qzx")), "too_short");
}

/* CHECKLIST P02: no composition rules. */
static void test_long_and_simple_is_fine(void **state)
{
    char text[1025];

    memset(text, 'q', sizeof(text));
    assert_string_equal(code_of(view_make(text, 64)), "fit");
    assert_string_equal(code_of(view_make(text, 128)), "fit");
    assert_string_equal(code_of(view_make(text, 1024)), "fit");
    assert_string_equal(code_of(view_make(text, 1025)), "too_long");
    assert_string_equal(code_of(VIEW("four plain words here")), "fit");
    assert_string_equal(code_of(VIEW("        spaces        ")), "fit");
}

/* CHECKLIST P03, P04: on bcrypt the limit is 72 bytes, and nothing is cut. */
static void test_bcrypt_takes_72_bytes(void **state)
{
    char text[73];

    memset(text, 'q', sizeof(text));
    options.password_params = password_params_default(PASSWORD_BCRYPT);
    assert_string_equal(code_of(view_make(text, 72)), "fit");
    assert_string_equal(code_of(view_make(text, 73)), "too_long");
}

/* CHECKLIST P05. */
static void test_no_nul_and_no_broken_text(void **state)
{
    assert_string_equal(code_of(VIEW("long enough\0but cut")), "contains_nul");
    assert_string_equal(code_of(VIEW("long enough \xC3\x28")), "malformed");
    assert_string_equal(code_of(VIEW("long enough \xED\xA0\x80")), "malformed");
}

/* CHECKLIST P08. */
static void test_common_passwords(void **state)
{
    static const char *const common[] = {"password",          "12345678",  "PassWord",
                                         "QWERTYUIOP",        "0.0.0.000", "zxcvbnm123",
                                         "123456789987654321"};

    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        assert_string_equal(code_of(view_of(common[i])), "common_password");
    assert_string_equal(code_of(VIEW("password9Q.x")), "fit");
    options.password_blocklist = false;
    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        assert_string_equal(code_of(view_of(common[i])), "fit");
}

static void test_whole_list_is_found(void **state)
{
    FILE *list = fopen(PASSWORD_LIST, "r");
    char line[128];
    size_t count = 0;

    assert_non_null(list);
    while (fgets(line, sizeof(line), list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!blocklist_has(view_of(line)))
            fail_msg("%s is not found", line);
        count++;
    }
    fclose(list);
    assert_true(count >= 3000);
    assert_false(blocklist_has(VIEW("")));
    assert_false(blocklist_has(VIEW("passwor")));
    assert_false(blocklist_has(VIEW("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")));
}

/* CHECKLIST P08: context words. */
static void test_own_names(void **state)
{
    assert_string_equal(code_of(VIEW("Margaret.H")), "common_password");
    assert_string_equal(code_of(VIEW("maggie-H")), "common_password");
    assert_string_equal(code_of(VIEW("maggie-h@example.com")), "common_password");
    assert_string_equal(code_of(VIEW("LatchKey")), "common_password");
    assert_string_equal(code_of(VIEW("margaret.hx")), "fit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_length_in_code_points, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_and_simple_is_fine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bcrypt_takes_72_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_nul_and_no_broken_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_common_passwords, setup, teardown),
        cmocka_unit_test_setup_teardown(test_whole_list_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
