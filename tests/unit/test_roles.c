/* Roles by the service: what is refused, and what a role that was made anew is not. */
#include "service_fixture.h"

#include <stdio.h>

#include "service/roles.h"

static const struct permission catalogue[] = {
    {.name = VIEW_INIT("products:create")}, {.name = VIEW_INIT("products:read")},
    {.name = VIEW_INIT("roles:update")},    {.name = VIEW_INIT("users:read")},
    {.name = VIEW_INIT("users:roles")},
};

static struct service_fixture f;

static void add_catalogue(struct service_options *options)
{
    options->permissions = catalogue;
    options->permission_count = ARRAY_LEN(catalogue);
}

static int setup(void **state)
{
    service_fixture_open(&f, add_catalogue);
    return 0;
}

static int teardown(void **state)
{
    service_fixture_close(&f);
    return 0;
}

static enum result create(const struct principal *actor, const char *name, const char *permission)
{
    struct service_call call = service_fixture_call(&f, actor);
    struct view permissions[] = {view_of(permission)};
    struct roles_input input = {
        .name = view_of(name), .permissions = permissions, .permission_count = 1};
    struct role role;

    return roles_create(&call, &input, &role);
}

static enum result replace(const struct principal *actor, const char *name, const char *permission)
{
    struct service_call call = service_fixture_call(&f, actor);
    struct view permissions[] = {view_of(permission)};
    struct roles_input input = {
        .name = view_of(name), .permissions = permissions, .permission_count = 1};
    struct role role;

    return roles_replace(&call, &input, &role);
}

static enum result delete_role(const struct principal *actor, const char *name)
{
    struct service_call call = service_fixture_call(&f, actor);

    return roles_delete(&call, view_of(name), 0);
}

/* Gives that role alone (NULL: none). */
static enum result give(const struct principal *actor, const char *username, const char *role)
{
    struct service_call call = service_fixture_call(&f, actor);
    struct view roles[] = {view_of(role)};
    struct users_input input = {
        .mask = USER_FIELD_ROLES, .roles = roles, .role_count = role != NULL ? 1 : 0};
    struct user user;

    return users_update(&call, view_of(username), &input, &user);
}

static void test_nobody_creates(void **state)
{
    assert_int_equal(create(NULL, "editor", "users:read"), RESULT_FORBIDDEN);
    assert_int_equal(replace(NULL, "user", "users:read"), RESULT_FORBIDDEN);
    assert_int_equal(delete_role(NULL, "user"), RESULT_FORBIDDEN);
    assert_int_equal(give(NULL, "nobody", "user"), RESULT_NOT_FOUND);
}

static void test_wildcards_match_something(void **state)
{
    const struct principal *boss = principal_system();

    assert_int_equal(create(boss, "a", "users:*"), RESULT_CREATED);
    assert_int_equal(create(boss, "b", "*"), RESULT_CREATED);
    assert_int_equal(create(boss, "c", "user:*"), RESULT_INVALID);
    assert_int_equal(create(boss, "c", "users:delete"), RESULT_INVALID);
    assert_int_equal(create(boss, "A", "users:*"), RESULT_ROLE_TAKEN);
}

static void test_a_right_of_the_role_itself_does_not_count(void **state)
{
    const struct principal *boss = principal_system();
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal alice;

    assert_int_equal(create(boss, "mine", "users:*"), RESULT_CREATED);
    assert_int_equal(create(boss, "other", "users:read"), RESULT_CREATED);
    assert_int_equal(give(boss, "alice", "mine"), RESULT_OK);
    alice = service_fixture_who(&f, grant.access_token);
    assert_int_equal(replace(&alice, "other", "users:roles"), RESULT_OK);
    assert_int_equal(replace(&alice, "other", "roles:update"), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(replace(&alice, "mine", "users:read"), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(replace(&alice, "user", "users:read"), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(replace(&alice, "admin", "users:read"), RESULT_ROLE_BUILT_IN);
    assert_int_equal(replace(boss, "admin", "users:read"), RESULT_ROLE_BUILT_IN);
    assert_int_equal(replace(boss, "ghost", "users:read"), RESULT_NOT_FOUND);
    assert_int_equal(delete_role(&alice, "mine"), RESULT_EXCEEDS_RIGHTS);
    assert_int_equal(delete_role(&alice, "other"), RESULT_NO_CONTENT);
}

/* CHECKLIST A08: not by a token that names the role, not after a restart. */
static void test_a_role_made_anew_has_no_holders(void **state)
{
    const struct principal *boss = principal_system();
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct principal alice;

    assert_int_equal(create(boss, "reader", "users:read"), RESULT_CREATED);
    assert_int_equal(give(boss, "alice", "reader"), RESULT_OK);
    assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant), RESULT_OK);
    alice = service_fixture_who(&f, grant.access_token);
    assert_true(access_permits(f.service, &alice, "users:read"));
    assert_int_equal(delete_role(boss, "reader"), RESULT_ROLE_IN_USE);
    assert_int_equal(give(boss, "alice", NULL), RESULT_OK);
    assert_int_equal(delete_role(boss, "reader"), RESULT_NO_CONTENT);
    assert_int_equal(create(boss, "reader", "users:read"), RESULT_CREATED);
    for (int i = 0; i < 2; i++) {
        alice = service_fixture_who(&f, grant.access_token);
        assert_int_equal(alice.role_count, 0);
        assert_false(access_permits(f.service, &alice, "users:read"));
        service_fixture_restart(&f);
    }
}

static void test_rooms_end(void **state)
{
    char name[32];

    for (int i = 2; i < ROLES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "role-%d", i);
        assert_int_equal(create(principal_system(), name, "users:read"), RESULT_CREATED);
    }
    assert_int_equal(create(principal_system(), "one-more", "users:read"), RESULT_CONFLICT);
    assert_int_equal(delete_role(principal_system(), "role-2"), RESULT_NO_CONTENT);
    assert_int_equal(create(principal_system(), "one-more", "users:read"), RESULT_CREATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_creates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wildcards_match_something, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_right_of_the_role_itself_does_not_count, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_role_made_anew_has_no_holders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rooms_end, setup, teardown),
    };
    return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
