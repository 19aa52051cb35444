/* Restoring users and deleting them for good: the rules around what the store does. */
#include "service_fixture.h"

#include <sched.h>

#include "base/clock.h"
#include "service/audit_list.h"
#include "service/housekeeping.h"
#include "service/roles.h"
#include "service/service_state.h"
#include "service/user_expiry.h"
#include "service/users_import.h"
#include "service/users_list.h"

#define WAIT_US INT64_C(5000000)
#define DAY_S S_PER_DAY
#define CROWD 230 /* more than two batches */

static struct service_fixture f;

static const struct permission catalogue[] = {
    {.name = VIEW_INIT("products:create")},
    {.name = VIEW_INIT("products:read")},
    {.name = VIEW_INIT("users:purge")},
    {.name = VIEW_INIT("users:restore")},
};

static void keep_a_week(struct service_options *options)
{
    options->permissions = catalogue;
    options->permission_count = ARRAY_LEN(catalogue);
    options->deleted_retention_s = 7 * DAY_S;
}

static int setup(void **state)
{
    service_fixture_open(&f, keep_a_week);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_close(&f);
    return 0;
}

static enum result delete_user(const struct principal *actor, const char *key)
{
    struct service_call call = service_fixture_call(&f, actor);

    return users_delete(&call, view_of(key), 0);
}

static enum result restore(const struct principal *actor, const char *key, struct users_input names,
                           struct user *out)
{
    struct service_call call = service_fixture_call(&f, actor);

    return users_restore(&call, view_of(key), &names, out);
}

static enum result purge(const struct principal *actor, const char *key, int64_t if_version)
{
    struct service_call call = service_fixture_call(&f, actor);

    return users_purge(&call, view_of(key), if_version);
}

static const char *id_of(const struct user *user)
{
    char id[ID_TEXT_SIZE];

    id_format(&user->id, id);
    return arena_copy(&f.arena, view_of(id));
}

/* What is kept about that user, the newest first. */
static struct audit_page events_of(const struct user *user)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    const struct audit_list_input input = {.subject = view_of(id_of(user)), .limit = 20};
    struct audit_list_page page;

    assert_int_equal(audit_list_read(&call, &input, &page), RESULT_OK);
    return page.events;
}

/* Somebody with the role `user` and one of their own with these permissions. */
static struct auth_grant make_delegate(const char *username, const struct view *permissions,
                                       size_t count)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    const struct view roles[] = {view_of(username), VIEW("user")};
    struct users_input input = {.mask = USER_FIELD_ROLES, .roles = roles, .role_count = 2};
    const struct roles_input role = {
        .name = view_of(username), .permissions = permissions, .permission_count = count};
    struct auth_grant grant;
    struct role made;
    struct user user;

    (void)service_fixture_signup(&f, username);
    assert_int_equal(roles_create(&call, &role, &made), RESULT_CREATED);
    assert_int_equal(users_update(&call, view_of(username), &input, &user), RESULT_OK);
    assert_int_equal(service_fixture_login(&f, username, FIXTURE_PASSWORD, &grant), RESULT_OK);
    return grant;
}

/* --- restore ---------------------------------------------------------------------------------- */

static void test_restore(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct auth_grant again;
    struct user user;

    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    assert_int_equal(restore(principal_system(), "ALICE", (struct users_input){0}, &user),
                     RESULT_OK);
    assert_true(id_equal(&user.id, &grant.user.id));
    /* R06: no token of before, no session. */
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &again),
                     RESULT_INVALID_GRANT);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &again), RESULT_OK);
    assert_int_equal(service_fixture_authenticate(&f, again.access_token), RESULT_OK);
    assert_view(events_of(&user).items[1].event, "user_restored");
    assert_int_equal(restore(principal_system(), "alice", (struct users_input){0}, &user),
                     RESULT_NOT_FOUND);
}

/* Somebody has the names now: the answer says how to go on. */
static void test_restore_under_other_names(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input names = {0};
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    const char *id = id_of(&grant.user);
    struct user user;

    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    (void)service_fixture_signup(&f, "alice");
    assert_int_equal(users_restore(&call, view_of(id), &names, &user), RESULT_USERNAME_TAKEN);
    assert_view(call.detail, "Somebody else has alice now: restore with another username.");
    names = (struct users_input){.mask = USER_FIELD_USERNAME, .username = VIEW("alice2")};
    assert_int_equal(users_restore(&call, view_of(id), &names, &user), RESULT_EMAIL_TAKEN);
    assert_view(
        call.detail,
        "Somebody else has alice@example.com now: restore with another email, or with null.");
    names.mask |= USER_FIELD_EMAIL;
    names.email = VIEW("no address");
    assert_int_equal(users_restore(&call, view_of(id), &names, &user), RESULT_INVALID);
    assert_true(service_fixture_has_fault(&call, "malformed"));
    names.email = view_make(NULL, 0);
    assert_int_equal(users_restore(&call, view_of(id), &names, &user), RESULT_OK);
    assert_view(user.username, "alice2");
    assert_null(user.email.at);
}

static void test_a_name_of_several(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input names = {0};
    struct user user;

    for (int i = 0; i < 2; i++) {
        (void)service_fixture_signup(&f, "alice");
        assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    }
    assert_int_equal(users_restore(&call, VIEW("alice"), &names, &user), RESULT_AMBIGUOUS);
    assert_true(call.detail.len > 0);
    assert_int_equal(users_find(&call, VIEW("alice"), USER_GONE, &user), RESULT_AMBIGUOUS);
}

/* CHECKLIST A05: who comes back brings their roles along. */
static void test_nobody_restores_above_themselves(void **state)
{
    static const struct view permissions[] = {VIEW_INIT("users:restore"), VIEW_INIT("products:*")};
    struct auth_grant grant = make_delegate("carol", permissions, 2);
    struct principal carol = service_fixture_who(&f, grant.access_token);
    struct user user;

    (void)service_fixture_admin(&f, "root");
    (void)service_fixture_admin(&f, "second");
    (void)service_fixture_signup(&f, "bob");
    assert_int_equal(delete_user(principal_system(), "second"), RESULT_NO_CONTENT);
    assert_int_equal(delete_user(principal_system(), "bob"), RESULT_NO_CONTENT);
    assert_int_equal(restore(&carol, "second", (struct users_input){0}, &user),
                     RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(restore(NULL, "bob", (struct users_input){0}, &user), RESULT_FORBIDDEN);
    assert_int_equal(restore(&carol, "bob", (struct users_input){0}, &user), RESULT_OK);
}

static void restore_and_delete_alice(void)
{
    struct user user;

    assert_int_equal(restore(principal_system(), "alice", (struct users_input){0}, &user),
                     RESULT_OK);
    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
}

/* Only the record that was judged is restored; another change in between only delays. */
static void test_restore_meets_another(void **state)
{
    struct users_input names = {0};
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct user user;

    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    service_fixture_meddle(restore_and_delete_alice);
    assert_int_equal(restore(principal_system(), "alice", names, &user), RESULT_OK);
    assert_true(id_equal(&user.id, &grant.user.id));
    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    /* Whoever asked for one version gets that one or none. */
    names.if_version = user.version + 1;
    service_fixture_meddle(restore_and_delete_alice);
    assert_int_equal(restore(principal_system(), "alice", names, &user),
                     RESULT_PRECONDITION_FAILED);
}

/* --- for good --------------------------------------------------------------------------------- */

/* T18: at once, and for every token. */
static void test_purge(void **state)
{
    struct auth_grant admin = service_fixture_admin(&f, "root");
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal root = service_fixture_who(&f, admin.access_token);
    struct auth_grant again;
    struct audit_page page;

    assert_int_equal(purge(&root, "alice", 0), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    assert_int_equal(service_fixture_refresh(&f, grant.refresh_token, &again),
                     RESULT_INVALID_GRANT);
    assert_int_equal(purge(&root, id_of(&grant.user), 0), RESULT_NOT_FOUND);
    page = events_of(&grant.user);
    assert_view(page.items[0].event, "user_purged");
    assert_view(page.items[0].user_name, "alice");
    assert_view(page.items[0].actor_name, "root");
    assert_true(page.count >= 2); /* those of before stay */
    again = service_fixture_signup(&f, "alice");
    assert_true(again.user.number > grant.user.number);
}

/* A name could be somebody else's by now: it never means one who is deleted. */
static void test_purge_of_a_deleted_one(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    const char *id = id_of(&grant.user);
    struct user user;

    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    assert_int_equal(purge(principal_system(), "alice", 0), RESULT_NOT_FOUND);
    assert_int_equal(purge(principal_system(), "alice@example.com", 0), RESULT_NOT_FOUND);
    assert_int_equal(purge(principal_system(), id, grant.user.version), RESULT_PRECONDITION_FAILED);
    assert_int_equal(purge(principal_system(), id, grant.user.version + 1), RESULT_NO_CONTENT);
    assert_int_equal(restore(principal_system(), id, (struct users_input){0}, &user),
                     RESULT_NOT_FOUND);
}

static void test_who_purges_whom(void **state)
{
    static const struct view permissions[] = {VIEW_INIT("users:purge"), VIEW_INIT("products:*")};
    struct auth_grant grant = make_delegate("carol", permissions, 2);
    struct principal carol = service_fixture_who(&f, grant.access_token);
    struct auth_grant admin = service_fixture_admin(&f, "root");

    (void)service_fixture_signup(&f, "bob");
    assert_int_equal(purge(&carol, "root", 0), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(purge(NULL, "bob", 0), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(purge(principal_system(), "root", 0), RESULT_LAST_ADMIN);
    assert_int_equal(service_fixture_authenticate(&f, admin.access_token), RESULT_OK);
    assert_int_equal(purge(&carol, "bob", 0), RESULT_NO_CONTENT);
    /* Oneself; the event still says who it was. */
    assert_int_equal(purge(&carol, "carol", 0), RESULT_NO_CONTENT);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    assert_view(events_of(&grant.user).items[0].actor_name, "carol");
}

static void promote_alice(void)
{
    static const struct view roles[] = {VIEW_INIT("admin")};
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input input = {.mask = USER_FIELD_ROLES, .roles = roles, .role_count = 1};
    struct user user;

    assert_int_equal(users_update(&call, VIEW("alice"), &input, &user), RESULT_OK);
}

/* CHECKLIST A05: the rights are judged by the record that goes. */
static void test_promoted_before_the_purge(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "bob");
    struct principal bob = service_fixture_who(&f, grant.access_token);

    (void)service_fixture_signup(&f, "alice");
    (void)service_fixture_admin(&f, "root");
    service_fixture_meddle(promote_alice);
    assert_int_equal(purge(&bob, "alice", 0), RESULT_EXCEEDS_RIGHTS);
}

/* An export of before brings them back under their id, if the operator says so; no token of theirs
   is good then. */
static void test_imported_again_while_tokens_live(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    const struct users_import_record record = {
        .fields = {.mask = USER_FIELD_USERNAME, .username = VIEW("alice")},
        .id = view_of(id_of(&grant.user)),
    };
    struct user_import row;
    struct user user;

    assert_int_equal(users_import_prepare(&call, &record, true, &row), RESULT_OK);
    assert_int_equal(users_import_run(&call, &row, 1), RESULT_OK);
    assert_int_equal(row.outcome, USER_IMPORT_PRESENT);
    assert_int_equal(purge(principal_system(), "alice", 0), RESULT_NO_CONTENT);
    assert_int_equal(users_import_run(&call, &row, 1), RESULT_OK);
    assert_int_equal(row.outcome, USER_IMPORT_CREATED);
    assert_int_equal(users_get(&call, VIEW("alice"), &user), RESULT_OK);
    assert_true(id_equal(&user.id, &grant.user.id));
    assert_true(user.number > grant.user.number);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
    service_fixture_restart(&f); /* the feed anew */
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_INVALID_TOKEN);
}

static void test_outage(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct service_call call = service_fixture_call(&f, principal_system());
    struct users_input names = {0};
    struct user user;

    service_fixture_outage(true);
    assert_int_equal(users_purge(&call, VIEW("alice"), 0), RESULT_STORE_UNAVAILABLE);
    assert_int_equal(users_restore(&call, VIEW("alice"), &names, &user), RESULT_STORE_UNAVAILABLE);
    assert_false(user_expiry_run(f.service, f.handle));
    service_fixture_outage(false);
    assert_int_equal(service_fixture_authenticate(&f, grant.access_token), RESULT_OK);
}

/* --- retention -------------------------------------------------------------------------------- */

static void make_crowd(int from, int to)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct user user;

    for (int i = from; i < to; i++) {
        struct users_input input = {.username = arena_format(&f.arena, "gone%d", i)};

        assert_int_equal(users_create(&call, &input, &user), RESULT_CREATED);
        assert_int_equal(users_delete(&call, input.username, 0), RESULT_NO_CONTENT);
    }
}

static int64_t count_gone(void)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    const struct user_list_request request = {
        .filter = {.presence = USER_GONE}, .limit = 1, .counted = true};
    struct user_page page;

    assert_int_equal(users_page(&call, &request, &page), RESULT_OK);
    return page.total;
}

static int64_t count_purged(void)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    const struct audit_list_input input = {
        .event = VIEW("user_purged"), .limit = LIST_LIMIT_MAX, .count = true};
    struct audit_list_page page;

    assert_int_equal(audit_list_read(&call, &input, &page), RESULT_OK);
    return page.events.total;
}

static void test_expiry(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct audit_page page;
    int rounds = 0;

    assert_int_equal(delete_user(principal_system(), "alice"), RESULT_NO_CONTENT);
    make_crowd(0, CROWD);
    service_fixture_forward(&f, 3 * DAY_S);
    make_crowd(CROWD, CROWD + 3);
    assert_false(user_expiry_run(f.service, f.handle));
    assert_int_equal(count_gone(), CROWD + 4);
    service_fixture_forward(&f, 4 * DAY_S); /* seven days to the millisecond: not longer ago */
    assert_false(user_expiry_run(f.service, f.handle));
    assert_int_equal(count_gone(), CROWD + 4);
    service_fixture_forward(&f, 1);
    while (user_expiry_run(f.service, f.handle)) {
        rounds++;
    }
    assert_int_equal(rounds, 2);
    assert_int_equal(count_gone(), 3);
    assert_int_equal(count_purged(), CROWD + 1);
    page = events_of(&grant.user);
    assert_view(page.items[0].event, "user_purged");
    assert_view(page.items[0].reason, "retention");
    assert_view(page.items[0].user_name, "alice");
    assert_int_equal(page.items[0].actor, AUDIT_BY_SYSTEM);
}

static void test_kept_for_ever(void **state)
{
    f.service->options.deleted_retention_s = 0;
    make_crowd(0, 2);
    service_fixture_forward(&f, 3000 * DAY_S);
    assert_false(user_expiry_run(f.service, f.handle));
    assert_int_equal(count_gone(), 2);
}

static void restore_first(void)
{
    struct user user;

    assert_int_equal(restore(principal_system(), "gone0", (struct users_input){0}, &user),
                     RESULT_OK);
}

/* Restored between the look and the act: stays, and no event says otherwise. */
static void test_restored_before_the_expiry(void **state)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct user user;

    make_crowd(0, 2);
    service_fixture_forward(&f, 8 * DAY_S);
    service_fixture_meddle(restore_first);
    assert_false(user_expiry_run(f.service, f.handle));
    assert_int_equal(users_get(&call, VIEW("gone0"), &user), RESULT_OK);
    assert_int_equal(count_gone(), 0);
    assert_int_equal(count_purged(), 1);
}

static void test_housekeeping_does_it(void **state)
{
    struct housekeeping *housekeeping;
    int64_t until_us;

    make_crowd(0, 120);
    service_fixture_forward(&f, 8 * DAY_S);
    housekeeping = housekeeping_start(f.service, 1);
    assert_non_null(housekeeping);
    until_us = clock_monotonic_us() + WAIT_US;
    while (count_gone() > 0) {
        assert_true(clock_monotonic_us() < until_us);
        sched_yield();
    }
    housekeeping_stop(housekeeping);
    assert_int_equal(count_purged(), 120);
}

int main(void)
{
#define FLOW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        FLOW(test_restore),
        FLOW(test_restore_under_other_names),
        FLOW(test_a_name_of_several),
        FLOW(test_nobody_restores_above_themselves),
        FLOW(test_restore_meets_another),
        FLOW(test_purge),
        FLOW(test_purge_of_a_deleted_one),
        FLOW(test_who_purges_whom),
        FLOW(test_promoted_before_the_purge),
        FLOW(test_imported_again_while_tokens_live),
        FLOW(test_outage),
        FLOW(test_expiry),
        FLOW(test_kept_for_ever),
        FLOW(test_restored_before_the_expiry),
        FLOW(test_housekeeping_does_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
