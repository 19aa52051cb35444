/* The feed of changes, and housekeeping. */
#include "conformance.h"

#include "fixture.h"
#include "model/limits.h"

static void test_cursor_moves_on(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id first = fixture_session(f, &user, NOW);
    struct id second = fixture_session(f, &user, NOW);
    struct change_cursor cursor = {0};
    assert_result(store_session_end(f->handle, &user.id, &first, NOW + 1), OK);
    assert_true(fixture_count_changes(fixture_changes(f, &cursor), CHANGE_SESSION_ENDED, &first) ==
                1);
    assert_result(store_session_end(f->handle, &user.id, &second, NOW + 2), OK);
    const struct fixture_changes *changes = fixture_changes(f, &cursor);
    assert_true(fixture_count_changes(changes, CHANGE_SESSION_ENDED, &second) == 1);
    assert_int_equal(changes->items[changes->count - 1].at_ms, NOW + 2);
}

struct seen_user {
    struct id id;
    struct change last;
    char roles[64];
    int count;
};

static bool see_user(void *context, const struct change *change)
{
    struct seen_user *seen = context;
    if (change->kind != CHANGE_USER || !id_equal(&change->subject, &seen->id))
        return true;
    seen->count++;
    seen->last = *change;
    seen->roles[0] = '\0';
    for (size_t i = 0; i < change->user_role_count; i++) {
        size_t len = strlen(seen->roles);
        (void)snprintf(seen->roles + len, sizeof seen->roles - len, "%.*s;",
                       VIEW_ARG(change->user_roles[i]));
    }
    return true;
}

static struct seen_user look(struct fixture *f, const struct id *id)
{
    struct seen_user seen = {.id = *id};
    struct change_cursor start = {0};
    assert_result(store_changes_read(f->handle, &start, 0, &f->arena, see_user, &seen), OK);
    return seen;
}

static void test_user_change_tells_how_things_stand(void **state)
{
    struct fixture *f = *state;
    static const struct view roles[] = {VIEW_INIT("admin")};
    (void)fixture_user(f, "root", "admin");
    struct user user = fixture_user(f, "alice", "user");
    struct user_patch patch = {.mask = USER_FIELD_AGE, .age = 4, .now_ms = NOW};
    assert_result(store_user_update(f->handle, &user.id, &patch, &f->arena, NULL), OK);
    struct seen_user seen = look(f, &user.id);
    assert_true(seen.count >= 1);
    assert_string_equal(seen.roles, "user;");
    assert_int_equal(seen.last.user_status, USER_ACTIVE);
    assert_false(seen.last.user_gone);
    patch = (struct user_patch){.mask = USER_FIELD_ROLES | USER_FIELD_STATUS,
                                .roles = roles,
                                .role_count = 1,
                                .status = USER_DISABLED,
                                .now_ms = NOW + 1};
    assert_result(store_user_update(f->handle, &user.id, &patch, &f->arena, NULL), OK);
    seen = look(f, &user.id);
    assert_string_equal(seen.roles, "admin;");
    assert_int_equal(seen.last.user_status, USER_DISABLED);
    assert_int_equal(seen.last.user_deleted_ms, 0);
    assert_result(store_user_delete(f->handle, &user.id, 0, NOW + 2), OK);
    assert_int_equal(look(f, &user.id).last.user_deleted_ms, NOW + 2);
}

static bool stop_at_once(void *context, const struct change *change)
{
    int *visited = context;
    (void)change;
    *visited += 1;
    return false;
}

static void test_stopping_leaves_the_cursor(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct change_cursor cursor = {0};
    int visited = 0;
    assert_result(store_user_delete(f->handle, &user.id, 0, NOW), OK);
    for (int i = 0; i < 2; i++)
        assert_result(store_changes_read(f->handle, &cursor, 0, &f->arena, stop_at_once, &visited),
                      OK);
    assert_int_equal(visited, 2);
    assert_true(fixture_changes(f, &cursor)->count >= 1);
}

static void test_since_leaves_the_old_out(void **state)
{
    struct fixture *f = *state;
    struct change_cursor cursor = {0};
    int visited = 0;
    struct user first = fixture_user(f, "alice", "user");
    struct user second = fixture_user(f, "bob", "user");
    assert_result(store_user_delete(f->handle, &first.id, 0, NOW), OK);
    assert_result(
        store_changes_read(f->handle, &cursor, NOW + 1, &f->arena, stop_at_once, &visited), OK);
    assert_int_equal(visited, 0);
    assert_result(store_user_delete(f->handle, &second.id, 0, NOW + 1), OK);
    assert_result(
        store_changes_read(f->handle, &cursor, NOW + 1, &f->arena, stop_at_once, &visited), OK);
    assert_int_equal(visited, 1);
}

/* --- housekeeping ----------------------------------------------------------------------------- */

static bool purge(struct fixture *f, int64_t before_ms, int64_t batch)
{
    bool more = false;
    const struct purge_limits limits = {.now_ms = NOW + DAY,
                                        .changes_before_ms = before_ms,
                                        .sessions_before_ms = before_ms,
                                        .attempts_before_ms = before_ms,
                                        .batch = batch};
    assert_result(store_purge(f->handle, &limits, &more), OK);
    return more;
}

static void test_purge_takes_what_is_over(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id ended = fixture_session(f, &user, NOW);
    struct id living = fixture_session(f, &user, NOW);
    const struct attempt attempt = {VIEW("key"), 1};
    int64_t locked_until_ms;
    bool known = false;
    assert_result(store_session_end(f->handle, &user.id, &ended, NOW), OK);
    assert_result(store_attempt_count(f->handle, &attempt, 1, NOW, MINUTE, &locked_until_ms), OK);
    assert_false(purge(f, NOW, 100)); /* nothing is older than this */
    assert_int_equal(fixture_changes(f, NULL)->count, 1);
    assert_false(purge(f, NOW + 1, 100));
    assert_int_equal(fixture_changes(f, NULL)->count, 0);
    assert_int_equal(fixture_rotate(f, &living, 1, NOW, NULL), SESSION_ROTATED);
    /* The window of the attempt was still open. */
    assert_result(store_attempt_count(f->handle, &attempt, 1, NOW, MINUTE, &locked_until_ms), OK);
    assert_int_equal(locked_until_ms, NOW + STORE_ATTEMPT_WAIT_MS);
    assert_false(purge(f, NOW + LIFETIME + 1, 100));
    assert_result(store_session_knows_address(f->handle, &user.id, VIEW("192.0.2.2"), &known), OK);
    assert_false(known);
    assert_result(store_attempt_count(f->handle, &attempt, 1, NOW, MINUTE, &locked_until_ms), OK);
    assert_int_equal(locked_until_ms, 0);
}

static void test_purge_goes_in_batches(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    for (int i = 0; i < 5; i++) {
        struct id id = fixture_session(f, &user, NOW);
        assert_result(store_session_end(f->handle, &user.id, &id, NOW), OK);
    }
    assert_true(purge(f, NOW + 1, 2));
    assert_int_equal(fixture_changes(f, NULL)->count, 3);
    assert_true(purge(f, NOW + 1, 2));
    assert_false(purge(f, NOW + 1, 2));
    assert_int_equal(fixture_changes(f, NULL)->count, 0);
}

static void test_positions_are_not_reused(void **state)
{
    struct fixture *f = *state;
    struct user first = fixture_user(f, "alice", "user");
    struct user second = fixture_user(f, "bob", "user");
    struct change_cursor cursor = {0};
    assert_result(store_user_delete(f->handle, &first.id, 0, NOW), OK);
    assert_true(fixture_changes(f, &cursor)->count >= 1);
    (void)purge(f, NOW + 1, 100);
    assert_result(store_user_delete(f->handle, &second.id, 0, NOW + 5), OK);
    assert_true(fixture_count_changes(fixture_changes(f, &cursor), CHANGE_USER, &second.id) >= 1);
}

int conformance_changes(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_cursor_moves_on),
        FIXTURE_TEST(test_user_change_tells_how_things_stand),
        FIXTURE_TEST(test_stopping_leaves_the_cursor),
        FIXTURE_TEST(test_since_leaves_the_old_out),
        FIXTURE_TEST(test_purge_takes_what_is_over),
        FIXTURE_TEST(test_purge_goes_in_batches),
        FIXTURE_TEST(test_positions_are_not_reused),
    };
    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
