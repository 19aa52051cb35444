/* CHECKLIST X04, X06: what the service writes to the log, and what it never writes. */
#include "service_fixture.h"

#include <stdio.h>

#define LOG_BYTES 65536

static struct service_fixture f;
static FILE *file;
static struct log log_to_file;

static void add_log(struct service_options *options)
{
    log_to_file = (struct log){
        .fd = fileno(file), .level = LOG_DEBUG, .format = LOG_FORMAT_JSON, .clock = options->clock};
    options->log = &log_to_file;
}

static int setup(void **state)
{
    file = tmpfile();
    assert_non_null(file);
    service_fixture_open(&f, add_log);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_close(&f);
    fclose(file);
    return 0;
}

/* All that was written. */
static const char *written(void)
{
    char *text = arena_take(&f.arena, LOG_BYTES);

    assert_non_null(text);
    rewind(file);
    assert_true(fread(text, 1, LOG_BYTES - 1, file) < LOG_BYTES - 1);
    return text;
}

static void assert_event(const char *event)
{
    char member[64];

    snprintf(member, sizeof(member), "\"event\":\"%s\"", event);
    if (strstr(written(), member) == NULL)
        fail_msg("no %s in the log:\n%s", event, written());
}

static void assert_not_written(struct view secret)
{
    const char *text = written();

    assert_null(memmem(text, strlen(text), secret.at, secret.len));
}

static void test_events(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;
    struct principal who = service_fixture_who(&f, first.access_token);
    struct service_call call = service_fixture_call(&f, &who);

    assert_event("user_created");
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    assert_event("login");
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second), RESULT_OK);
    service_fixture_forward(&f, 31);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second),
                     RESULT_INVALID_GRANT);
    assert_event("token_reuse");
    assert_int_equal(auth_logout(&call, AUTH_SCOPE_GLOBAL), RESULT_NO_CONTENT);
    assert_event("logout");
    for (int i = 0; i < 10; i++)
        (void)service_fixture_login(&f, "alice", VIEW("wrong-Otter-41"), &second);
    assert_event("login_failed");
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_LOCKED);
    assert_event("login_locked");
    assert_non_null(strstr(written(), "\"address\":\"192.0.2.1\""));
    assert_non_null(strstr(written(), "\"reason\":\"wrong_password\""));
}

static void test_role_change_names_before_and_after(void **state)
{
    static const struct view roles[] = {{"admin", 5}, {"user", 4}};
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input input = {
        .mask = USER_FIELD_ROLES, .roles = roles, .role_count = ARRAY_LEN(roles)};
    struct user user;

    (void)service_fixture_signup(&f, "alice");
    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
    assert_event("roles_changed");
    assert_non_null(strstr(written(), "\"before\":\"user\",\"after\":\"admin user\""));
    assert_non_null(strstr(written(), "\"actor\":\"operator\""));
}

static void test_no_secret_is_written(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct auth_grant ignored;

    (void)service_fixture_login(&f, "alice", VIEW("a wrong secret"), &ignored);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &ignored), RESULT_OK);
    assert_event("login_failed");
    assert_not_written(FIXTURE_PASSWORD);
    assert_not_written(VIEW("a wrong secret"));
    assert_not_written(grant.access_token);
    assert_not_written(grant.refresh_token);
    assert_not_written(ignored.refresh_token);
    assert_not_written(VIEW("$argon2id$"));
}

static void test_a_name_cannot_forge_a_record(void **state)
{
    struct auth_grant ignored;
    const char *name = "a\r\n{\"event\":\"login\"}\xE2\x80\xA8";

    assert_int_equal(service_fixture_login(&f, name, FIXTURE_PASSWORD, &ignored),
                     RESULT_INVALID_CREDENTIALS);
    assert_event("login_failed");
    assert_null(strstr(written(), "\"event\":\"login\""));
    assert_null(strstr(written(), "\xE2\x80\xA8"));
    assert_null(strchr(written(), '\r'));
}

static void disable_alice(void)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input input = {.mask = USER_FIELD_STATUS, .status = USER_DISABLED};
    struct user user;

    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
}

/* Found in review: a right password refused for another reason was logged as a wrong one. */
static void test_true_reason_of_a_refusal(void **state)
{
    struct auth_grant grant;

    (void)service_fixture_signup(&f, "alice");
    service_fixture_meddle(disable_alice);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant),
                     RESULT_INVALID_CREDENTIALS);
    /* Gone or disabled by now: the record says which. */
    assert_non_null(strstr(written(), "\"reason\":\"disabled\""));
    assert_null(strstr(written(), "\"reason\":\"wrong_password\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_role_change_names_before_and_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_secret_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_name_cannot_forge_a_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_true_reason_of_a_refusal, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
