#include "service_fixture.h"

#include "service/users_import.h"

static struct service_fixture f;

static int setup(void **state)
{
    service_fixture_open(&f, NULL);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_close(&f);
    return 0;
}

static struct users_import_record with_email(const char *email)
{
    return (struct users_import_record){
        .fields = {.mask = USER_FIELD_EMAIL, .email = view_of(email)}};
}

static enum result prepare(const struct users_import_record *record, struct user_import *row,
                           const char *fault)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    enum result result = users_import_prepare(&call, record, true, row);

    assert_true(fault == NULL || service_fixture_has_fault(&call, fault));
    return result;
}

static void test_only_for_the_operator(void **state)
{
    struct auth_grant admin = service_fixture_admin(&f, "admin-a");
    struct principal who = service_fixture_who(&f, admin.access_token);
    struct service_call nobody = service_fixture_call(&f, NULL);
    struct service_call call = service_fixture_call(&f, &who);
    struct users_import_record record = with_email("a@example.org");
    struct user_import row;

    assert_int_equal(users_import_prepare(&call, &record, true, &row), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(users_import_prepare(&nobody, &record, true, &row), RESULT_EXCEEDS_RIGHTS);
}

static void test_refuses(void **state)
{
    struct users_import_record record = {.fields = {.mask = 0}};
    struct user_import row;

    assert_int_equal(prepare(&record, &row, "missing"), RESULT_INVALID);
    record = with_email("no address");
    assert_int_equal(prepare(&record, &row, "malformed"), RESULT_INVALID);
    record = with_email("a@example.org");
    record.id = VIEW("17");
    assert_int_equal(prepare(&record, &row, "malformed"), RESULT_INVALID);
    record.id = VIEW("00000000-0000-0000-0000-000000000000");
    assert_int_equal(prepare(&record, &row, "malformed"), RESULT_INVALID);
    record = with_email("a@example.org");
    record.created_ms = -1;
    assert_int_equal(prepare(&record, &row, "not_allowed"), RESULT_INVALID);
    record.created_ms = FIXTURE_START_MS + 2 * MS_PER_SECOND * S_PER_DAY;
    assert_int_equal(prepare(&record, &row, "not_allowed"), RESULT_INVALID);
    record = with_email("a@example.org");
    record.password_hash = VIEW("secret");
    assert_int_equal(prepare(&record, &row, "not_allowed"), RESULT_INVALID);
}

/* The same each time, another one for another program. */
static void test_ids_of_others(void **state)
{
    struct users_import_record record = with_email("a@example.org");
    struct user_import first;
    struct user_import again;
    struct user_import other;

    record.id = VIEW("abc");
    record.source = VIEW("pocketbase");
    assert_int_equal(prepare(&record, &first, NULL), RESULT_OK);
    assert_int_equal(prepare(&record, &again, NULL), RESULT_OK);
    record.source = VIEW("firebase");
    assert_int_equal(prepare(&record, &other, NULL), RESULT_OK);
    assert_int_equal(first.identity, USER_IMPORT_BY_ID);
    assert_true(id_equal(&first.draft.id, &again.draft.id));
    assert_false(id_equal(&first.draft.id, &other.draft.id));
    assert_int_equal(first.draft.id.bytes[6] >> 4, 8);
}

/* Everybody is ann@ somewhere: each gets a name. */
static void test_made_usernames_are_unique(void **state)
{
    static const char *const emails[] = {"ann@a.example", "ann@b.example", "ANN@c.example",
                                         "ann@a.example"};
    struct service_call call = service_fixture_call(&f, principal_system());
    struct user_import rows[ARRAY_LEN(emails)];

    for (size_t i = 0; i < ARRAY_LEN(emails); i++) {
        struct users_import_record record = with_email(emails[i]);

        assert_int_equal(users_import_prepare(&call, &record, true, &rows[i]), RESULT_OK);
    }
    assert_int_equal(users_import_look(&call, rows, 3), RESULT_OK);
    assert_int_equal(rows[2].outcome, USER_IMPORT_CREATED);
    assert_int_equal(users_import_run(&call, rows, ARRAY_LEN(rows)), RESULT_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows[i].outcome, USER_IMPORT_CREATED);
        assert_null(user_username_fault(rows[i].draft.username));
    }
    assert_int_equal(rows[3].outcome, USER_IMPORT_PRESENT);
    assert_int_equal(users_import_look(&call, rows, ARRAY_LEN(rows)), RESULT_OK);
    assert_int_equal(rows[2].outcome, USER_IMPORT_PRESENT);
}

static void test_outage(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_import_record record = with_email("a@example.org");
    struct user_import row;

    assert_int_equal(prepare(&record, &row, NULL), RESULT_OK);
    service_fixture_outage(true);
    assert_int_equal(users_import_run(&call, &row, 1), RESULT_STORE_UNAVAILABLE);
    assert_int_equal(users_import_look(&call, &row, 1), RESULT_STORE_UNAVAILABLE);
    service_fixture_outage(false);
    assert_int_equal(users_import_run(&call, &row, 1), RESULT_OK);
    assert_int_equal(row.outcome, USER_IMPORT_CREATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_for_the_operator, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_made_usernames_are_unique, setup, teardown),
        cmocka_unit_test_setup_teardown(test_outage, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
