#include "unit.h"

#include "model/role.h"

static void test_covers(void **state)
{
    static const struct {
        const char *grant;
        const char *wanted;
        bool covers;
    } rows[] = {
        {"*", "users:read", true},
        {"*", "users:*", true},
        {"*", "*", true},
        {"users:*", "users:read", true},
        {"users:*", "users:*", true},
        {"users:read", "users:read", true},
        {"users:*", "*", false},
        {"users:*", "users:", false},
        {"users:*", "users", false},
        {"users:*", "userss:read", false},
        {"users:*", "products:read", false},
        {"users:read", "users:*", false},
        {"users:read", "users:rea", false},
        {"users:read", "users:reads", false},
        {"users:read", "", false},
        {"", "users:read", false},
        {"users:re*", "users:read", false}, /* only a whole action is a wildcard */
        {"users*", "users:read", false},
        {"Users:*", "users:read", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (role_grant_covers(view_of(rows[i].grant), view_of(rows[i].wanted)) != rows[i].covers)
            fail_msg("\"%s\" and \"%s\"", rows[i].grant, rows[i].wanted);
    }
}

static void test_any_grant_of_a_role(void **state)
{
    static const struct view grants[] = {VIEW_INIT("products:read"), VIEW_INIT("users:*")};
    const struct role role = {.permissions = grants, .permission_count = 2};
    const struct role none = {.permission_count = 0};
    assert_true(role_covers(&role, VIEW("products:read")));
    assert_true(role_covers(&role, VIEW("users:delete")));
    assert_false(role_covers(&role, VIEW("products:delete")));
    assert_false(role_covers(&none, VIEW("products:read")));
}

/* CHECKLIST J12. */
static void test_names(void **state)
{
    static const char *const good[] = {"a", "Z9", "a.b_c-d", "admin", "a..", "x-"};
    static const char *const bad[] = {"",    "1a",  "_a",  "-a",  ".", "..",       "a/b",
                                      "a b", "a%b", "a\n", "a:b", "*", "\xC3\xA4", "a\xC3\xA4"};
    char longest[66];
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_null(role_name_fault(view_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_non_null(role_name_fault(view_of(bad[i])));
    }
    memset(longest, 'a', sizeof longest);
    assert_null(role_name_fault(view_make(longest, 64)));
    assert_non_null(role_name_fault(view_make(longest, 65)));
    assert_non_null(role_name_fault(view_make("a\0b", 3)));
}

static void test_grants(void **state)
{
    static const char *const good[] = {"*", "users:*", "users:read", "a-b:c_d", "a1:b2"};
    static const char *const bad[] = {
        "",          "users",      "users:",  ":read",      ":",   "*:*",         "**",   "*:read",
        "users:re*", "Users:read", "users::", "users:Read", "1:a", "users:read ", "a:b:c"};
    char longest[66];
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_null(role_grant_fault(view_of(good[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_non_null(role_grant_fault(view_of(bad[i])));
    }
    memset(longest, 'a', sizeof longest);
    longest[5] = ':';
    assert_null(role_grant_fault(view_make(longest, 64)));
    assert_non_null(role_grant_fault(view_make(longest, 65)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_grants),
        cmocka_unit_test(test_covers),
        cmocka_unit_test(test_any_grant_of_a_role),
    };
    return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
