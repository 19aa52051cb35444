/* CHECKLIST X04, X06: what the service writes to the log and to the audit events, and what it never
   writes. */
#include "service_fixture.h"

#include <stdio.h>

#include "service/audit_list.h"
#include "service/service_state.h"
#include "store/backend.h"

#define LOG_BYTES ((size_t)1024 * 1024)

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

/* --- what is kept ----------------------------------------------------------------------------- */

static struct audit_list_page kept(const struct audit_list_input *input)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct audit_list_input whole = *input;
    struct audit_list_page page;

    if (whole.limit == 0)
        whole.limit = LIST_LIMIT_MAX;
    assert_int_equal(audit_list_read(&call, &whole, &page), RESULT_OK);
    return page;
}

/* Of one kind; the newest. */
static const struct audit_event *kept_event(const char *event)
{
    struct audit_list_page page = kept(&(struct audit_list_input){.event = view_of(event)});

    if (page.events.count == 0)
        fail_msg("no event %s", event);
    return page.events.items;
}

static size_t count_of(const char *event)
{
    return kept(&(struct audit_list_input){.event = view_of(event)}).events.count;
}

static void test_events_are_kept(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    const struct audit_event *event = kept_event("user_created");

    assert_int_equal(event->actor, AUDIT_BY_USER); /* by herself */
    assert_true(id_equal(&event->actor_id, &grant.user.id));
    assert_true(id_equal(&event->user_id, &grant.user.id));
    assert_view(event->user_name, "alice");
    assert_view(event->address, "192.0.2.1");
    assert_view(event->user_agent, "unit test");
    assert_int_equal(audit_event_time_ms(&event->id), FIXTURE_START_MS);
    assert_int_equal(service_fixture_login(&f, "ALICE", VIEW("wrong-Otter-41"), &grant),
                     RESULT_INVALID_CREDENTIALS);
    event = kept_event("login_failed");
    assert_int_equal(event->actor, AUDIT_BY_NOBODY);
    assert_int_equal(event->outcome, AUDIT_FAILURE);
    assert_view(event->reason, "wrong_password");
    assert_view(event->user_name, "alice");
    assert_view(event->details, "{}");
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant), RESULT_OK);
    assert_int_equal(kept_event("login")->outcome, AUDIT_SUCCESS);
    assert_int_equal(kept(&(struct audit_list_input){.subject = VIEW("alice")}).events.count, 3);
}

/* One event of the lock, however often its door is tried; each try is in the log. */
static void test_a_lock_is_one_event(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    for (int i = 0; i < 10; i++)
        (void)service_fixture_login(&f, "alice", VIEW("wrong-Otter-41"), &grant);
    for (int i = 0; i < 5; i++)
        assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant),
                         RESULT_LOCKED);
    assert_event("login_locked");
    assert_event("account_locked");
    assert_int_equal(count_of("login_failed"), 10);
    assert_int_equal(count_of("account_locked"), 1);
    assert_int_equal(count_of("login_locked"), 0);
    assert_view(kept_event("account_locked")->reason, "too_many_failures");
    assert_true(id_equal(&kept_event("account_locked")->user_id, &grant.user.id));
}

/* People type their password where the name belongs. */
static void test_only_names_are_kept(void **state)
{
    static const char *const no_names[] = {"my secret pass phrase", "p@ss w0rd!", "x", "\xFF\xFE",
                                           "tidy-Otter-41?"};
    struct auth_grant grant;

    for (size_t i = 0; i < ARRAY_LEN(no_names); i++) {
        (void)service_fixture_login(&f, no_names[i], FIXTURE_PASSWORD, &grant);
        assert_null(kept_event("login_failed")->user_name.at);
    }
    (void)service_fixture_login(&f, "Ghost", FIXTURE_PASSWORD, &grant);
    assert_view(kept_event("login_failed")->user_name, "ghost");
    (void)service_fixture_login(&f, "Ghost@Example.com", FIXTURE_PASSWORD, &grant);
    assert_view(kept_event("login_failed")->user_name, "ghost@example.com");
    assert_int_equal(kept(&(struct audit_list_input){.subject = VIEW("GHOST")}).events.count, 1);
    assert_view(kept_event("login_failed")->reason, "unknown_user");
}

static void test_the_operator_is_the_system(void **state)
{
    static const struct view roles[] = {{"admin", 5}, {"user", 4}};
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input input = {
        .mask = USER_FIELD_ROLES, .roles = roles, .role_count = ARRAY_LEN(roles)};
    struct audit_list_page page;
    struct user user;
    struct view key_id;

    (void)service_fixture_signup(&f, "alice");
    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
    assert_int_equal(keys_rotate(&call, &key_id), RESULT_OK);
    page = kept(&(struct audit_list_input){.actor = VIEW("system")});
    assert_int_equal(page.events.count, 3);
    assert_view(page.events.items[0].event, "key_rotated");
    assert_non_null(memmem(page.events.items[0].details.at, page.events.items[0].details.len,
                           key_id.at, key_id.len));
    assert_view(page.events.items[1].event, "roles_changed");
    assert_view(page.events.items[1].details, "{\"before\":\"user\",\"after\":\"admin user\"}");
    assert_view(page.events.items[2].event, "user_updated");
    assert_true(id_is_nil(&page.events.items[2].actor_id));
}

/* Within a millisecond too: one request's events stay in their order. */
static void test_ids_count_up(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal who = service_fixture_who(&f, grant.access_token);
    struct audit_list_page page;

    for (int i = 0; i < 50; i++) {
        struct service_call call = service_fixture_call(&f, &who);
        assert_int_equal(auth_logout(&call, AUTH_SCOPE_OTHERS), RESULT_NO_CONTENT);
    }
    page = kept(&(struct audit_list_input){.limit = 1000});
    assert_int_equal(page.events.count, 51);
    assert_view(page.events.items[50].event, "user_created");
    for (size_t i = 1; i < page.events.count; i++)
        assert_true(memcmp(page.events.items[i - 1].id.bytes, page.events.items[i].id.bytes, 16) >
                    0);
    /* The clock is set back by an hour: so are they. */
    service_fixture_forward(&f, -3600);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant), RESULT_OK);
    assert_true(audit_event_time_ms(&kept_event("login")->id) < FIXTURE_START_MS);
}

/* What one may repeat at will is kept up to a bound; what one does to others always. */
static void test_repetition_is_bounded(void **state)
{
    struct auth_grant admin_grant = service_fixture_admin(&f, "root");
    struct principal admin = service_fixture_who(&f, admin_grant.access_token);
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal who = service_fixture_who(&f, grant.access_token);
    struct users_input input = {.mask = USER_FIELD_NAME, .name = VIEW("A")};
    struct user user;

    for (int i = 0; i < 700; i++) {
        struct service_call call = service_fixture_call(&f, &who);
        assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
    }
    assert_int_equal(count_of("user_updated"), 599); /* her sign-up was the first of 600 */
    for (int i = 0; i < 300; i++) {
        struct service_call call = service_fixture_call(&f, &admin);
        assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
    }
    assert_int_equal(count_of("user_updated"), 899);
    service_fixture_forward(&f, 2);
    for (int i = 0; i < 5; i++) {
        struct service_call call = service_fixture_call(&f, &who);
        assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
    }
    assert_int_equal(count_of("user_updated"), 901);
}

static enum result refuse_append(struct store_handle *handle, const struct audit_event *event)
{
    (void)handle;
    (void)event;
    return RESULT_STORE_UNAVAILABLE;
}

/* The act stands; that its event is missing is said. */
static void test_an_act_outlives_its_event(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal who = service_fixture_who(&f, grant.access_token);
    struct service_call call = service_fixture_call(&f, &who);
    const struct store_backend *whole = f.store->backend;
    struct store_backend broken = *whole;

    broken.audit_append = refuse_append;
    f.store->backend = &broken;
    assert_int_equal(auth_logout(&call, AUTH_SCOPE_LOCAL), RESULT_NO_CONTENT);
    f.store->backend = whole;
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    assert_event("logout");
    assert_event("audit_not_written");
    assert_non_null(strstr(written(), "\"of\":\"logout\""));
    assert_int_equal(count_of("logout"), 0);
}

static void test_retention(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    int64_t now_ms = FIXTURE_START_MS + 91 * S_PER_DAY * MS_PER_SECOND;

    service_fixture_forward(&f, 90 * S_PER_DAY);
    assert_int_equal(count_of("user_created"), 1);
    service_fixture_forward(&f, 1);
    assert_int_equal(count_of("user_created"), 0); /* hidden before it is purged */
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant), RESULT_OK);
    assert_int_equal(count_of("login"), 1);
    assert_int_equal(audit_list_kept_from_ms(f.service, now_ms),
                     FIXTURE_START_MS + S_PER_DAY * MS_PER_SECOND);
    f.service->options.audit_retention_s = 0;
    assert_int_equal(audit_list_kept_from_ms(f.service, now_ms), 0);
    assert_int_equal(count_of("user_created"), 1);
}

static void test_cursor_belongs_to_its_filters(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct audit_list_input input = {.subject = VIEW("alice"), .limit = 2};
    struct audit_list_page page;

    for (int i = 0; i < 4; i++)
        assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant), RESULT_OK);
    page = kept(&input);
    assert_int_equal(page.events.count, 2);
    assert_non_null(page.next_cursor.at);
    input.cursor = page.next_cursor;
    page = kept(&input);
    assert_int_equal(page.events.count, 2);
    input.cursor = page.next_cursor;
    page = kept(&input);
    assert_int_equal(page.events.count, 1);
    assert_view(page.events.items->event, "user_created");
    assert_null(page.next_cursor.at);
    input.outcome = AUDIT_SUCCESS;
    assert_int_equal(audit_list_read(&call, &input, &page), RESULT_BAD_REQUEST);
    input.outcome = 0;
    input.subject = VIEW("bob");
    assert_int_equal(audit_list_read(&call, &input, &page), RESULT_BAD_REQUEST);
    input.cursor = VIEW("");
    assert_int_equal(audit_list_read(&call, &input, &page), RESULT_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_role_change_names_before_and_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_secret_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_name_cannot_forge_a_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_true_reason_of_a_refusal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_lock_is_one_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_names_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_operator_is_the_system, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_count_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_repetition_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_act_outlives_its_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retention, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cursor_belongs_to_its_filters, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
