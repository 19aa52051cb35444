/* Someone's sessions, looked at and ended by others; changes asked for by version. */
#include "service_fixture.h"

#include "service/audit_list.h"
#include "service/roles.h"
#include "service/user_sessions.h"

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

static struct view text_of(const struct id *id)
{
    char text[ID_TEXT_SIZE];

    id_format(id, text);
    return arena_copy_view(&f.arena, view_of(text));
}

static struct auth_session_list sessions_of(const struct principal *actor, const char *key)
{
    struct service_call call = service_fixture_call(&f, actor);
    struct auth_session_list list;

    assert_int_equal(user_sessions_list(&call, view_of(key), &list), RESULT_OK);
    return list;
}

static struct audit_event newest(const char *event)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    const struct audit_list_input input = {.event = view_of(event), .limit = 1};
    struct audit_list_page page;

    assert_int_equal(audit_list_read(&call, &input, &page), RESULT_OK);
    assert_int_equal(page.events.count, 1);
    return page.events.items[0];
}

static void test_list(void **state)
{
    struct auth_grant admin = service_fixture_admin(&f, "root");
    struct principal root = service_fixture_who(&f, admin.access_token);
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;
    struct principal alice = service_fixture_who(&f, first.access_token);
    struct service_call call = service_fixture_call(&f, &root);
    struct auth_session_list list;

    service_fixture_forward(&f, 1);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    list = sessions_of(&root, "alice");
    assert_int_equal(list.count, 2);
    assert_int_equal(list.total, 2);
    assert_true(id_equal(&list.items[0].session.id, &second.session_id));
    assert_false(list.items[0].current || list.items[1].current);
    list = sessions_of(&alice, "alice");
    assert_false(list.items[0].current);
    assert_true(list.items[1].current);
    assert_int_equal(sessions_of(principal_system(), "root").count, 1);
    assert_false(sessions_of(principal_system(), "root").items[0].current);
    assert_int_equal(user_sessions_list(&call, VIEW("nobody"), &list), RESULT_NOT_FOUND);
    assert_int_equal(users_delete(&call, VIEW("alice"), 0), RESULT_NO_CONTENT);
    assert_int_equal(user_sessions_list(&call, text_of(&first.user.id), &list), RESULT_NOT_FOUND);
}

static void test_end_one(void **state)
{
    struct auth_grant admin = service_fixture_admin(&f, "root");
    struct principal root = service_fixture_who(&f, admin.access_token);
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;
    struct service_call call = service_fixture_call(&f, &root);
    struct view session = text_of(&first.session_id);
    struct audit_event event;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    assert_int_equal(user_sessions_end(&call, VIEW("root"), session), RESULT_NOT_FOUND);
    assert_int_equal(user_sessions_end(&call, VIEW("nobody"), session), RESULT_NOT_FOUND);
    assert_int_equal(user_sessions_end(&call, VIEW("alice"), VIEW("x")), RESULT_NOT_FOUND);
    assert_int_equal(service_fixture_authenticate(&f, first.access_token), RESULT_OK);
    assert_int_equal(user_sessions_end(&call, VIEW("alice"), session), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_authenticate(&f, first.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_OK);
    assert_int_equal(user_sessions_end(&call, VIEW("alice"), session), RESULT_NOT_FOUND);
    event = newest("session_ended");
    assert_view(event.actor_name, "root");
    assert_view(event.user_name, "alice");
}

static void test_end_all(void **state)
{
    struct auth_grant admin = service_fixture_admin(&f, "root");
    struct principal root = service_fixture_who(&f, admin.access_token);
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;
    struct service_call call = service_fixture_call(&f, &root);
    struct audit_event event;
    int64_t ended = -1;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    service_fixture_outage(true);
    assert_int_equal(user_sessions_end_all(&call, VIEW("alice"), &ended), RESULT_STORE_UNAVAILABLE);
    service_fixture_outage(false);
    assert_int_equal(user_sessions_end_all(&call, VIEW("alice"), &ended), RESULT_NO_CONTENT);
    assert_int_equal(ended, 2);
    assert_int_equal(service_fixture_authenticate(&f, first.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, second.refresh_token, &first),
                     RESULT_INVALID_GRANT);
    assert_int_equal(service_fixture_authenticate(&f, admin.access_token), RESULT_OK);
    event = newest("sessions_ended");
    assert_view(event.details, "{\"sessions\":2}");
    assert_view(event.user_name, "alice");
    /* Once more is no mistake; and the person may log in again. */
    assert_int_equal(user_sessions_end_all(&call, VIEW("alice"), NULL), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
}

/* CHECKLIST A05. */
static void test_nobody_ends_sessions_above_themselves(void **state)
{
    struct auth_grant admin = service_fixture_admin(&f, "root");
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal alice = service_fixture_who(&f, grant.access_token);
    struct service_call call = service_fixture_call(&f, &alice);

    assert_int_equal(user_sessions_end_all(&call, VIEW("root"), NULL), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(user_sessions_end(&call, VIEW("root"), text_of(&admin.session_id)),
                     RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(service_fixture_authenticate(&f, admin.access_token), RESULT_OK);
    assert_int_equal(user_sessions_end(&call, VIEW("alice"), text_of(&grant.session_id)),
                     RESULT_NO_CONTENT);
}

/* --- by version ------------------------------------------------------------------------------- */

static void touch_alice(void)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input input = {.mask = USER_FIELD_AGE, .age = 41};
    struct user user;

    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
}

static void test_users_by_version(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal alice = service_fixture_who(&f, grant.access_token);
    struct service_call own = service_fixture_call(&f, &alice);
    struct users_input input = {.mask = USER_FIELD_AGE, .age = 5, .if_version = INT64_MAX};
    struct user user;

    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_PRECONDITION_FAILED);
    assert_int_equal(users_update(&own, VIEW("alice"), &input, &user), RESULT_PRECONDITION_FAILED);
    input.if_version = grant.user.version;
    assert_int_equal(users_update(&own, VIEW("alice"), &input, &user), RESULT_OK);
    assert_int_equal(user.version, grant.user.version + 1);
    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_PRECONDITION_FAILED);
    assert_int_equal(users_delete(&call, VIEW("alice"), input.if_version),
                     RESULT_PRECONDITION_FAILED);
    /* A change between the look and the act is the client's to know of. */
    service_fixture_meddle(touch_alice);
    assert_int_equal(users_delete(&call, VIEW("alice"), user.version), RESULT_PRECONDITION_FAILED);
    assert_int_equal(users_delete(&own, VIEW("alice"), user.version + 1), RESULT_NO_CONTENT);
}

static void test_roles_by_version(void **state)
{
    static const struct view permissions[] = {VIEW_INIT("*")};
    struct service_call call = service_fixture_call(&f, principal_system());
    struct roles_input input = {
        .name = VIEW("editor"), .permissions = permissions, .permission_count = 1};
    struct role role;

    assert_int_equal(roles_create(&call, &input, &role), RESULT_CREATED);
    input.if_version = role.version + 1;
    assert_int_equal(roles_replace(&call, &input, &role), RESULT_PRECONDITION_FAILED);
    input.if_version = 1;
    assert_int_equal(roles_replace(&call, &input, &role), RESULT_OK);
    assert_int_equal(role.version, 2);
    assert_int_equal(roles_delete(&call, VIEW("editor"), 1), RESULT_PRECONDITION_FAILED);
    assert_int_equal(roles_delete(&call, VIEW("editor"), 2), RESULT_NO_CONTENT);
}

int main(void)
{
#define FLOW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        FLOW(test_list),
        FLOW(test_end_one),
        FLOW(test_end_all),
        FLOW(test_nobody_ends_sessions_above_themselves),
        FLOW(test_users_by_version),
        FLOW(test_roles_by_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
