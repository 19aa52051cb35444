#include "service_fixture.h"

#include <sched.h>

#include "base/clock.h"

#define WAIT_US INT64_C(2000000) /* for another node: the bound is one second */

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

static void logout(const struct auth_grant *grant, enum auth_scope scope)
{
    struct principal who = service_fixture_who(&f, grant->access_token);
    struct service_call call = service_fixture_call(&f, &who);

    assert_int_equal(auth_logout(&call, scope), RESULT_NO_CONTENT);
}

static void test_principal_of_a_token(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal who = service_fixture_who(&f, grant.access_token);

    assert_true(id_equal(&who.user_id, &grant.user.id));
    assert_true(id_equal(&who.session_id, &grant.session_id));
    assert_false(who.system);
    assert_false(who.session_ended);
    assert_int_equal(who.role_count, 1);
    assert_view(who.roles[0], "user");
    assert_int_equal(who.expires_s, FIXTURE_START_MS / 1000 + 30 * 60);
    /* Once more, from memory. */
    who = service_fixture_who(&f, grant.access_token);
    assert_true(id_equal(&who.user_id, &grant.user.id));
    assert_view(who.roles[0], "user");
}

/* CHECKLIST T08, T15. */
static void test_other_texts_are_refused(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    char *token = arena_copy(&f.arena, grant.access_token);
    size_t len = grant.access_token.len;

    assert_non_null(token);
    assert_int_equal(service_fixture_authenticate(&f, view_make(token, len)), RESULT_OK);
    token[len / 2] = (char)(token[len / 2] ^ 1);
    assert_int_equal(service_fixture_authenticate(&f, view_make(token, len)), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, view_make(token, len - 1)),
                     RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, (struct view){NULL, 0}),
                     RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, grant.refresh_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, grant.access_token, &grant), RESULT_INVALID_GRANT);
}

/* CHECKLIST T12: also for one that is remembered; the leeway is 30 s. */
static void test_expiry(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
    service_fixture_forward(&f, 30 * 60 + 29);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
    service_fixture_forward(&f, 1);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
}

/* CHECKLIST T19. */
static void test_logout_acts_at_once(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;
    struct principal who;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    logout(&first, AUTH_SCOPE_LOCAL);
    assert_int_equal(service_fixture_authenticate(&f, first.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_OK);
    /* A client can always finish: the ended session passes where the row lets it, and ends nothing
     * more. */
    struct service_call call = service_fixture_call(&f, &who);
    assert_int_equal(access_authenticate(&call, first.access_token, true, &who), RESULT_OK);
    assert_true(who.session_ended);
    assert_int_equal(auth_logout(&call, AUTH_SCOPE_GLOBAL), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_OK);
}

/* A call that has waited in a queue is judged by what is true when it begins to run. */
static void test_renewal_sees_what_ended(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct principal who = service_fixture_who(&f, first.access_token);
    struct principal again = who;

    assert_int_equal(access_renew(f.service, false, &f.arena, &again), RESULT_OK);
    assert_view(again.roles[0], "user");
    logout(&first, AUTH_SCOPE_LOCAL);
    again = who;
    assert_int_equal(access_renew(f.service, false, &f.arena, &again), RESULT_INVALID_TOKEN);
    again = who;
    assert_int_equal(access_renew(f.service, true, &f.arena, &again), RESULT_OK);
    assert_true(again.session_ended);
    assert_int_equal(access_renew(f.service, false, &f.arena, &again), RESULT_INVALID_TOKEN);
}

static void test_renewal_sees_other_roles(void **state)
{
    struct auth_grant root = service_fixture_admin(&f, "root");
    struct auth_grant other = service_fixture_admin(&f, "other");
    struct principal who = service_fixture_who(&f, other.access_token);
    struct principal chief = service_fixture_who(&f, root.access_token);
    struct service_call call = service_fixture_call(&f, &chief);
    struct view roles[] = {VIEW("user")};
    struct users_input input = {.mask = USER_FIELD_ROLES, .roles = roles, .role_count = 1};
    struct user user;

    assert_true(access_permits(f.service, &who, "users:create"));
    assert_int_equal(users_update(&call, VIEW("other"), &input, &user), RESULT_OK);
    assert_int_equal(access_renew(f.service, false, &f.arena, &who), RESULT_OK);
    assert_false(access_permits(f.service, &who, "users:create"));
    assert_int_equal(users_delete(&call, VIEW("other"), 0), RESULT_NO_CONTENT);
    assert_int_equal(access_renew(f.service, true, &f.arena, &who), RESULT_INVALID_TOKEN);
}

/* CHECKLIST T19, R06: what was ended stays ended. */
static void test_a_restart_revives_nothing(void **state)
{
    struct auth_grant first = service_fixture_signup(&f, "alice");
    struct auth_grant second;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &second), RESULT_OK);
    logout(&first, AUTH_SCOPE_LOCAL);
    service_fixture_forward(&f, 20 * 60);
    service_fixture_restart(&f);
    assert_int_equal(service_fixture_authenticate(&f, first.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_authenticate(&f, second.access_token), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, first.refresh_token, &second),
                     RESULT_INVALID_GRANT);
}

/* Found in review: the changes read at the start reach back one token lifetime. With a shorter one
   than before, a revoked token of before was good again (CHECKLIST T19). */
static void test_a_shorter_lifetime_revives_nothing(void **state)
{
    struct auth_grant revoked = service_fixture_signup(&f, "alice");
    struct auth_grant living;

    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &living), RESULT_OK);
    logout(&revoked, AUTH_SCOPE_LOCAL);
    service_fixture_forward(&f, 10 * 60);
    f.options.access_token_lifetime_s = 60;
    service_fixture_restart(&f);
    assert_int_equal(service_fixture_authenticate(&f, revoked.access_token), RESULT_INVALID_TOKEN);
    /* The price: clients refresh. */
    assert_int_equal(service_fixture_authenticate(&f, living.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, living.refresh_token, &living), RESULT_OK);
    assert_int_equal(service_fixture_authenticate(&f, living.access_token), RESULT_OK);
    /* A longer one refuses nothing. */
    f.options.access_token_lifetime_s = 61;
    service_fixture_restart(&f);
    assert_int_equal(service_fixture_authenticate(&f, living.access_token), RESULT_OK);
}

static enum result authenticate_at(struct service *node, struct view token, struct principal *who)
{
    struct service_call call = service_fixture_call(&f, NULL);

    call.service = node;
    return access_authenticate(&call, token, false, who);
}

/* Waits until the node refuses the token. */
static bool is_refused_soon(struct service *node, struct view token)
{
    int64_t until_us = clock_monotonic_us() + WAIT_US;
    struct principal who;

    while (clock_monotonic_us() < until_us) {
        if (authenticate_at(node, token, &who) == RESULT_INVALID_TOKEN)
            return true;
        sched_yield();
    }
    return false;
}

/* CHECKLIST T19, on another node: by its own thread. */
static void test_other_node_learns(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct service *other = NULL;
    struct principal who;
    char message[256];

    assert_int_equal(service_open(&f.options, f.store, &other, message, sizeof(message)),
                     RESULT_OK);
    assert_int_equal(authenticate_at(other, grant.access_token, &who), RESULT_OK);
    assert_int_equal(authenticate_at(other, grant.access_token, &who), RESULT_OK);
    logout(&grant, AUTH_SCOPE_GLOBAL);
    assert_true(is_refused_soon(other, grant.access_token));
    service_close(other);
}

/* Nodes agree on issuer, keys and the secret of refresh tokens. */
static void test_nodes_are_one(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct service_options options = f.options;
    struct service *mine = f.service;
    char message[256];

    options.default_issuer = VIEW("http://elsewhere:9000");
    assert_int_equal(service_open(&options, f.store, &f.service, message, sizeof(message)),
                     RESULT_OK);
    assert_view(service_issuer(f.service), "http://127.0.0.1:8000");
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant), RESULT_OK);
    service_close(f.service);
    f.service = mine;
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
}

/* A configured issuer wins over the one kept. */
static void test_configured_issuer(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    f.options.issuer = VIEW("https://id.example.com");
    service_fixture_restart(&f);
    assert_view(service_issuer(f.service), "https://id.example.com");
    /* CHECKLIST T14. */
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &grant), RESULT_OK);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
}

static bool becomes_fresh(bool wanted, int64_t within_us)
{
    int64_t until_us = clock_monotonic_us() + within_us;

    while (clock_monotonic_us() < until_us) {
        if (service_is_fresh(f.service) == wanted)
            return true;
        sched_yield();
    }
    return false;
}

/* Closed, not open: without sight of changes protected calls are refused, and a bad token is still
 * a bad token. */
static void test_stale_feed(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");

    assert_true(service_is_fresh(f.service));
    service_fixture_outage(true);
    assert_true(becomes_fresh(false, INT64_C(7000000)));
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_STALE);
    assert_int_equal(service_fixture_authenticate(&f, VIEW("a.b.c")), RESULT_INVALID_TOKEN);
    service_fixture_outage(false);
    assert_true(becomes_fresh(true, WAIT_US));
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
}

static void test_permissions(void **state)
{
    struct auth_grant user = service_fixture_signup(&f, "alice");
    struct auth_grant admin = service_fixture_admin(&f, "root");
    struct principal alice = service_fixture_who(&f, user.access_token);
    struct principal root = service_fixture_who(&f, admin.access_token);
    struct view admin_role = VIEW("admin");

    assert_false(access_permits(f.service, &alice, "users:read"));
    assert_true(access_permits(f.service, &root, "users:read"));
    assert_true(access_permits(f.service, principal_system(), "users:read"));
    assert_false(access_covers_roles(f.service, &alice, &admin_role, 1));
    assert_true(access_covers_roles(f.service, &root, &admin_role, 1));
}

static void test_is_self(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal alice = service_fixture_who(&f, grant.access_token);
    struct service_call call = service_fixture_call(&f, &alice);
    struct view number = arena_format(&f.arena, "%lld", (long long)grant.user.number);
    char id[ID_TEXT_SIZE];
    bool self;

    (void)service_fixture_signup(&f, "bob");
    id_format(&grant.user.id, id);
    const struct view own[] = {view_of(id), number, VIEW("ALICE"), VIEW("alice@Example.com")};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        assert_int_equal(access_is_self(&call, own[i], &self), RESULT_OK);
        assert_true(self);
    }
    const struct view others[] = {VIEW("bob"), VIEW("nobody"), VIEW("999999"), VIEW("")};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(access_is_self(&call, others[i], &self), RESULT_OK);
        assert_false(self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_principal_of_a_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_texts_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expiry, setup, teardown),
        cmocka_unit_test_setup_teardown(test_logout_acts_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_restart_revives_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_shorter_lifetime_revives_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewal_sees_what_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewal_sees_other_roles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_node_learns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nodes_are_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_configured_issuer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stale_feed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_permissions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_is_self, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
