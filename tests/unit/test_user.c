#include "unit.h"

#include "model/limits.h"
#include "model/user.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static void test_usernames(void **state)
{
    static const char *const good[] = {
        "abc", "Alice", "a.b-c_d", "a12", "z..", A60 "aaaa", "deadbeef-0000-4000-8000-00000000000",
    };
    static const struct view bad[] = {
        VIEW_INIT(""),
        {NULL, 0},
        VIEW_INIT("ab"),
        VIEW_INIT(A60 "aaaaa"),
        VIEW_INIT("1abc"),
        VIEW_INIT("_abc"),
        VIEW_INIT(".abc"),
        VIEW_INIT("~abc"),
        VIEW_INIT("a b c"),
        VIEW_INIT("abc "),
        VIEW_INIT("abc\0"),
        VIEW_INIT("ab\0c"),
        VIEW_INIT("a@b.c"),
        VIEW_INIT("a/b"),
        VIEW_INIT("\xC3\xA4"
                  "bc"),
        VIEW_INIT("abc\xC3\xA4"),
        VIEW_INIT("abc\xE2\x80\x8B"),
        VIEW_INIT("deadbeef-0000-4000-8000-000000000000"),
        VIEW_INIT("DEADBEEF-0000-4000-8000-000000000000"),
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_null(user_username_fault(view_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(user_username_fault(bad[i]));
}

static void test_emails(void **state)
{
    static const char *const good[] = {
        "a@b.cd",    "First.Last+tag@sub.example.org", "!#$%&'*+-/=?^_`{|}~@example.org", "a@1.2",
        "a@x-y.org", A60 "aaaa@example.org",
    };
    static const struct view bad[] = {
        VIEW_INIT(""),
        {NULL, 0},
        VIEW_INIT("a"),
        VIEW_INIT("a@b"),
        VIEW_INIT("a@localhost"),
        VIEW_INIT("@b.cd"),
        VIEW_INIT("a@"),
        VIEW_INIT("a@@b.cd"),
        VIEW_INIT("a@b@c.de"),
        VIEW_INIT(".a@b.cd"),
        VIEW_INIT("a.@b.cd"),
        VIEW_INIT("a..b@b.cd"),
        VIEW_INIT("a b@b.cd"),
        VIEW_INIT("\"a\"@b.cd"),
        VIEW_INIT("a@b..cd"),
        VIEW_INIT("a@.b.cd"),
        VIEW_INIT("a@b.cd."),
        VIEW_INIT("a@-b.cd"),
        VIEW_INIT("a@b-.cd"),
        VIEW_INIT("a@b_c.de"),
        VIEW_INIT("a@[127.0.0.1]"),
        VIEW_INIT("a@b.cd\n"),
        VIEW_INIT("a@b.cd\0"),
        VIEW_INIT("\xC3\xA4@b.cd"),
        VIEW_INIT("a@b\xC3\xA4.cd"),
        VIEW_INIT(A60 "aaaaa@example.org"),
        VIEW_INIT("a@" A60 "aaaa.org"),
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_null(user_email_fault(view_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(user_email_fault(bad[i]));
}

static void test_email_length(void **state)
{
    static const char longest[] = "aaaaaaaa@" A60 "." A60 "." A60 "." A60 ".aa"; /* 255 */
    assert_int_equal(sizeof longest - 1, EMAIL_MAX_BYTES + 1);
    assert_non_null(user_email_fault(VIEW(longest)));
    assert_null(user_email_fault(view_make(longest + 1, EMAIL_MAX_BYTES)));
}

static void test_fold(void **state)
{
    char out[32];
    assert_view(user_fold(VIEW("AZaz09._@"), out), "azaz09._@");
    assert_view(user_fold(VIEW("\xC3\x84I"), out), "\xC3\x84i"); /* ASCII only, in any locale */
    assert_view(user_fold(VIEW(""), out), "");
}

static void test_keys(void **state)
{
    static const struct {
        const char *text;
        enum user_key_kind kind;
        int64_t number;
    } rows[] = {
        {"017F22E2-79b0-7cc3-98C4-dc0c0c07398f", USER_BY_ID, 0},
        {"1", USER_BY_NUMBER, 1},
        {"0", USER_BY_NUMBER, 0},
        {"9223372036854775807", USER_BY_NUMBER, INT64_MAX},
        {"9223372036854775808", USER_BY_USERNAME, 0},
        {"007", USER_BY_USERNAME, 0},
        {"-1", USER_BY_USERNAME, 0},
        {"1a", USER_BY_USERNAME, 0},
        {"", USER_BY_USERNAME, 0},
        {"alice", USER_BY_USERNAME, 0},
        {"a@b", USER_BY_EMAIL, 0},
        {"@", USER_BY_EMAIL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct user_key key = user_key_of(view_of(rows[i].text));
        assert_int_equal(key.kind, rows[i].kind);
        if (key.kind == USER_BY_NUMBER)
            assert_int_equal(key.number, rows[i].number);
        assert_true(view_is(key.text, rows[i].text));
    }
}

static void test_status_names(void **state)
{
    enum user_status status;
    assert_string_equal(user_status_name(USER_ACTIVE), "active");
    assert_string_equal(user_status_name(USER_DISABLED), "disabled");
    assert_true(user_status_of(VIEW("disabled"), &status));
    assert_int_equal(status, USER_DISABLED);
    assert_true(user_status_of(VIEW("active"), &status));
    assert_int_equal(status, USER_ACTIVE);
    assert_false(user_status_of(VIEW("Active"), &status));
    assert_false(user_status_of(VIEW(""), &status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usernames),    cmocka_unit_test(test_emails),
        cmocka_unit_test(test_email_length), cmocka_unit_test(test_fold),
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_status_names),
    };
    return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
