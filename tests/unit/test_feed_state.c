#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "service/feed_state.h"

#define NOW_MS INT64_C(1800000000000)
#define LATER_MS (NOW_MS + 1000)

static struct feed_state feed;
static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 0);
    return feed_state_init(&feed) ? 0 : -1;
}

static int teardown(void **state)
{
    feed_state_clear(&feed);
    arena_clear(&arena);
    return 0;
}

static enum feed_verdict look(const struct id *user, const struct id *session,
                              struct principal *out)
{
    *out = (struct principal){.user_id = *user, .session_id = *session, .role_count = 1};
    out->roles[0] = VIEW("user");
    return feed_state_look(&feed, out, &arena);
}

static struct change change_of(const struct id *user, const struct view *roles, size_t count)
{
    return (struct change){.kind = CHANGE_USER,
                           .subject = *user,
                           .at_ms = NOW_MS,
                           .user_status = USER_ACTIVE,
                           .user_roles = roles,
                           .user_role_count = count};
}

static void test_unknown_is_alive_with_the_token_s_roles(void **state)
{
    struct id user = id_new(NOW_MS);
    struct id session = id_new(NOW_MS);
    struct principal principal;

    assert_int_equal(look(&user, &session, &principal), FEED_ALIVE);
    assert_int_equal(principal.role_count, 1);
    assert_view(principal.roles[0], "user");
}

/* What a log-in reads from the store against what is remembered here. */
static void test_agrees(void **state)
{
    static const struct view both[] = {{"admin", 5}, {"user", 4}};
    static const struct view turned[] = {{"user", 4}, {"admin", 5}};
    struct user user = {.id = id_new(NOW_MS), .roles = both, .role_count = 2};
    struct change change = change_of(&user.id, turned, 2);

    assert_true(feed_state_agrees(&feed, &user)); /* nothing is remembered */
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_true(feed_state_agrees(&feed, &user)); /* in whatever order */
    user.role_count = 1;
    assert_false(feed_state_agrees(&feed, &user));
    change = change_of(&user.id, &both[1], 1);
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_false(feed_state_agrees(&feed, &user)); /* as many, but others */
    change = change_of(&user.id, both, 1);
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_true(feed_state_agrees(&feed, &user));
    change.user_status = USER_DISABLED;
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_false(feed_state_agrees(&feed, &user));
}

/* CHECKLIST T19. */
static void test_ended_session(void **state)
{
    struct id user = id_new(NOW_MS);
    struct id session = id_new(NOW_MS);
    struct id other = id_new(NOW_MS);
    struct principal principal;
    uint64_t before = feed_state_generation(&feed);

    assert_true(feed_state_end_session(&feed, &session, LATER_MS));
    assert_true(feed_state_generation(&feed) > before);
    assert_int_equal(look(&user, &session, &principal), FEED_SESSION_ENDED);
    assert_int_equal(look(&user, &other, &principal), FEED_ALIVE);
    /* The same again is no news, and keeps the longer time. */
    before = feed_state_generation(&feed);
    assert_true(feed_state_end_session(&feed, &session, LATER_MS + 1));
    assert_true(feed_state_end_session(&feed, &session, LATER_MS));
    assert_int_equal(feed_state_generation(&feed), before);
    feed_state_prune(&feed, LATER_MS + 1);
    assert_int_equal(look(&user, &session, &principal), FEED_SESSION_ENDED);
    feed_state_prune(&feed, LATER_MS + 2);
    assert_int_equal(look(&user, &session, &principal), FEED_ALIVE);
}

/* CHECKLIST T18, T20. */
static void test_user_states(void **state)
{
    static const struct view roles[] = {{"auditor", 7}, {"user", 4}};
    struct id user = id_new(NOW_MS);
    struct id session = id_new(NOW_MS);
    struct change change = change_of(&user, roles, 2);
    struct principal principal;
    uint64_t before;

    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_int_equal(look(&user, &session, &principal), FEED_ALIVE);
    assert_int_equal(principal.role_count, 2);
    assert_view(principal.roles[0], "auditor");
    before = feed_state_generation(&feed);
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_int_equal(feed_state_generation(&feed), before);
    change.user_role_count = 0;
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_true(feed_state_generation(&feed) > before);
    assert_int_equal(look(&user, &session, &principal), FEED_ALIVE);
    assert_int_equal(principal.role_count, 0);
    change.user_status = USER_DISABLED;
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_int_equal(look(&user, &session, &principal), FEED_USER_GONE);
    change.user_status = USER_ACTIVE;
    change.user_deleted_ms = NOW_MS;
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_int_equal(look(&user, &session, &principal), FEED_USER_GONE);
    change.user_deleted_ms = 0;
    change.user_gone = true;
    assert_true(feed_state_set_user(&feed, &change, LATER_MS));
    assert_int_equal(look(&user, &session, &principal), FEED_USER_GONE);
}

static void take_roles(void)
{
    static const struct view all[] = {{"*", 1}};
    static const struct view users[] = {{"users:*", 7}};
    static const struct view read[] = {{"users:read", 10}};
    const struct role roles[] = {
        {.name = VIEW("admin"), .permissions = all, .permission_count = 1},
        {.name = VIEW("clerk"), .permissions = read, .permission_count = 1},
        {.name = VIEW("helper"), .permissions = users, .permission_count = 1},
        {.name = VIEW("nothing")},
    };
    struct role_table *table = role_table_new(roles, ARRAY_LEN(roles));

    assert_non_null(table);
    feed_state_take_roles(&feed, table);
}

static bool covers(const char *has, const char *gives)
{
    struct principal principal = {.roles = {view_of(has)}, .role_count = 1};
    struct view role = view_of(gives);

    return feed_state_covers(&feed, &principal, &role, 1);
}

/* CHECKLIST A05, A12. */
static void test_permissions_and_covering(void **state)
{
    struct principal clerk = {.roles = {VIEW("ghost"), VIEW("clerk")}, .role_count = 2};

    take_roles();
    assert_true(feed_state_permits(&feed, &clerk, VIEW("users:read")));
    assert_false(feed_state_permits(&feed, &clerk, VIEW("users:update")));
    assert_false(feed_state_permits(&feed, &clerk, VIEW("")));
    assert_true(covers("admin", "helper"));
    assert_true(covers("helper", "clerk"));
    assert_true(covers("clerk", "clerk"));
    assert_true(covers("clerk", "nothing"));
    assert_false(covers("clerk", "helper"));
    assert_false(covers("helper", "admin"));
    assert_false(covers("admin", "ghost"));
    assert_true(feed_state_has_role(&feed, VIEW("clerk")));
    assert_false(feed_state_has_role(&feed, VIEW("Clerk")));
}

/* What a role gives its holder does not count when that role is the matter. */
static void test_lacking(void **state)
{
    static const struct view wanted[] = {VIEW_INIT("users:read"), VIEW_INIT("users:*"),
                                         VIEW_INIT("*")};
    struct principal both = {.roles = {VIEW("clerk"), VIEW("helper")}, .role_count = 2};
    struct principal system = {.system = true};
    struct view none = {NULL, 0};

    take_roles();
    assert_int_equal(feed_state_lacks(&feed, &both, none, wanted, 3), 2);
    assert_int_equal(feed_state_lacks(&feed, &both, none, wanted, 2), 2);
    assert_int_equal(feed_state_lacks(&feed, &both, VIEW("clerk"), wanted, 2), 2);
    assert_int_equal(feed_state_lacks(&feed, &both, VIEW("helper"), wanted, 2), 1);
    assert_int_equal(feed_state_lacks(&feed, &both, none, wanted, 0), 0);
    assert_int_equal(feed_state_lacks(&feed, &system, none, wanted, 3), 3);
    both.role_count = 0;
    assert_int_equal(feed_state_lacks(&feed, &both, none, wanted, 3), 0);
}

static void test_looking_a_role_up(void **state)
{
    struct principal clerk = {.roles = {VIEW("clerk")}, .role_count = 1};
    struct feed_role role;

    assert_int_equal(feed_state_role_count(&feed), 0);
    take_roles();
    assert_int_equal(feed_state_role_count(&feed), 4);
    role = feed_state_look_role(&feed, &clerk, VIEW("clerk"));
    assert_true(role.known && role.covered);
    role = feed_state_look_role(&feed, &clerk, VIEW("helper"));
    assert_true(role.known && !role.covered);
    role = feed_state_look_role(&feed, principal_system(), VIEW("helper"));
    assert_true(role.known && role.covered);
    role = feed_state_look_role(&feed, principal_system(), VIEW("ghost"));
    assert_false(role.known || role.covered);
}

/* Found whatever the order they came in. */
static void test_roles_in_any_order(void **state)
{
    const struct role roles[] = {{.name = VIEW("b")},
                                 {.name = VIEW("ab")},
                                 {.name = VIEW("B")},
                                 {.name = VIEW("a")},
                                 {.name = VIEW("abc")}};
    struct role_table *table = role_table_new(roles, ARRAY_LEN(roles));

    assert_non_null(table);
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        const struct role *found = role_table_find(table, roles[i].name);
        assert_non_null(found);
        assert_true(view_equal(found->name, roles[i].name));
    }
    assert_null(role_table_find(table, VIEW("")));
    assert_null(role_table_find(table, VIEW("A")));
    assert_null(role_table_find(table, VIEW("abcd")));
    role_table_free(table);
}

/* More items than the map starts with: all are found, all go. */
static void test_many_items(void **state)
{
    enum { COUNT = 5000 };
    struct id *ids = calloc(COUNT, sizeof(*ids));
    struct principal principal;

    assert_non_null(ids);
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = id_new(NOW_MS);
        assert_true(feed_state_end_session(&feed, &ids[i], LATER_MS));
    }
    assert_int_equal(feed.sessions.count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(look(&ids[i], &ids[i], &principal), FEED_SESSION_ENDED);
    for (size_t i = 0; i < 64 && feed.sessions.count > 0; i++)
        feed_state_prune(&feed, LATER_MS + 1);
    assert_int_equal(feed.sessions.count, 0);
    free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unknown_is_alive_with_the_token_s_roles, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_agrees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ended_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_user_states, setup, teardown),
        cmocka_unit_test_setup_teardown(test_permissions_and_covering, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lacking, setup, teardown),
        cmocka_unit_test_setup_teardown(test_looking_a_role_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_roles_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_items, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
