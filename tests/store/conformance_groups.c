/* Writes that share one commit: each stands for itself until then, and all of them count after. */
#include "conformance.h"

#include "fixture.h"

#define WRITERS 4
#define ROUNDS 12
#define GROUP 5

static enum result make(struct fixture *f, const char *username, const char *role)
{
    const struct user_draft draft = fixture_draft(username, role);
    struct user user;
    return store_user_create(f->handle, &draft, &f->arena, &user);
}

/* Refused after its row was written. */
static enum result make_without_role(struct fixture *f, const char *username)
{
    static const struct view roles[] = {{"nobody", 6}};
    struct user_draft draft = fixture_draft(username, NULL);
    struct user user;
    draft.roles = roles;
    draft.role_count = 1;
    return store_user_create(f->handle, &draft, &f->arena, &user);
}

static bool is_there(struct fixture *f, const char *username)
{
    const struct user_key key = {.kind = USER_BY_USERNAME, .text = view_of(username)};
    struct user user;
    enum result result = store_user_get(f->handle, &key, &f->arena, &user);
    assert_true(result == RESULT_OK || result == RESULT_NOT_FOUND);
    return result == RESULT_OK;
}

static void test_a_failure_takes_back_itself_only(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id session = fixture_session(f, &user, NOW);
    store_group_begin(f->handle);
    assert_result(make(f, "first", "user"), OK);
    assert_result(make(f, "ALICE", "user"), USERNAME_TAKEN);
    assert_int_equal(fixture_rotate(f, &session, 1, NOW, NULL), SESSION_ROTATED);
    assert_result(make_without_role(f, "no-such-role"), INVALID);
    assert_result(make(f, "last", "user"), OK);
    assert_result(store_group_end(f->handle), OK);
    assert_true(is_there(f, "first") && is_there(f, "last"));
    assert_false(is_there(f, "no-such-role"));
    assert_int_equal(fixture_rotate(f, &session, 2, NOW, NULL), SESSION_ROTATED);
}

/* What one client asks for in turn is done in turn, and later ones see what earlier ones did. */
static void test_the_order_is_kept(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id first = fixture_session(f, &user, NOW);
    struct id second = fixture_session(f, &user, NOW);
    struct session session;
    store_group_begin(f->handle);
    assert_int_equal(fixture_rotate(f, &first, 1, NOW, &session), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &second, 1, NOW, &session), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &first, 1, NOW, &session), SESSION_GRACE);
    assert_int_equal(session.counter, 2);
    assert_int_equal(fixture_rotate(f, &first, 2, NOW, &session), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &first, 1, NOW, &session), SESSION_REUSED);
    assert_int_equal(fixture_rotate(f, &first, 3, NOW, &session), SESSION_DEAD);
    assert_result(store_session_end(f->handle, &user.id, &second, NOW), OK);
    assert_int_equal(fixture_rotate(f, &second, 2, NOW, &session), SESSION_DEAD);
    assert_result(store_group_end(f->handle), OK);
    assert_int_equal(fixture_rotate(f, &first, 3, NOW, &session), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, &second, 2, NOW, &session), SESSION_DEAD);
    const struct fixture_changes *changes = fixture_changes(f, NULL);
    assert_true(fixture_has_change(changes, CHANGE_SESSION_ENDED, &first, NOW));
    assert_true(fixture_has_change(changes, CHANGE_SESSION_ENDED, &second, NOW));
}

static void test_nothing_to_commit(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    store_group_begin(f->handle);
    assert_result(store_group_end(f->handle), OK);
    store_group_begin(f->handle);
    assert_result(make(f, "alice", "user"), USERNAME_TAKEN);
    (void)fixture_read(f, &user.id);
    assert_result(store_group_end(f->handle), OK);
    assert_result(make(f, "after", "user"), OK);
}

/* Those found by other names from now on are found so after the group's commit. */
static void test_lists_follow(void **state)
{
    struct fixture *f = *state;
    const struct user_list_request request = {.filter = {.search = VIEW("walrus")}, .limit = 10};
    struct user_page page;
    store_group_begin(f->handle);
    assert_result(make(f, "walrus-one", "user"), OK);
    assert_result(make(f, "walrus-two", "user"), OK);
    assert_result(store_group_end(f->handle), OK);
    assert_result(store_user_list(f->handle, &request, &f->arena, &page), OK);
    assert_int_equal(page.count, 2);
}

/* --- races ------------------------------------------------------------------------------------ */

struct contest {
    struct id sessions[WRITERS];
    struct id shared;
};

static enum result rotate(struct racer *racer, const struct id *session, int64_t counter,
                          enum session_rotation_outcome *outcome)
{
    const struct session_rotation rotation = {
        .session_id = *session, .counter = counter, .now_ms = NOW, .grace_ms = 0, .idle_ms = IDLE};
    struct session found;
    struct user user;
    return store_session_rotate(racer->handle, &rotation, &racer->arena, outcome, &found, &user);
}

/* Half of them in groups, the others one by one: none is lost, none comes twice. */
static void rotate_own(struct racer *racer)
{
    const struct contest *contest = racer->context;
    bool grouped = racer->index % 2 == 0;
    racer->result = RESULT_OK;
    for (int64_t counter = 1; counter <= ROUNDS * GROUP && racer->result == RESULT_OK; counter++) {
        enum session_rotation_outcome outcome = SESSION_DEAD;
        if (grouped && counter % GROUP == 1)
            store_group_begin(racer->handle);
        racer->result = rotate(racer, &contest->sessions[racer->index], counter, &outcome);
        racer->found += outcome == SESSION_ROTATED;
        if (grouped && counter % GROUP == 0 && store_group_end(racer->handle) != RESULT_OK)
            racer->result = RESULT_STORE_UNAVAILABLE;
    }
}

static void test_groups_and_others_at_once(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct contest contest;
    struct racer racers[WRITERS];
    for (size_t i = 0; i < WRITERS; i++)
        contest.sessions[i] = fixture_session(f, &user, NOW);
    fixture_race(f->store, racers, WRITERS, rotate_own, &contest);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_result(racers[i].result, OK);
        assert_int_equal(racers[i].found, ROUNDS * GROUP);
        assert_int_equal(fixture_rotate(f, &contest.sessions[i], ROUNDS * GROUP + 1, NOW, NULL),
                         SESSION_ROTATED);
    }
}

/* One token, shown in several groups at once: one of them has rotated it. */
static void rotate_shared(struct racer *racer)
{
    const struct contest *contest = racer->context;
    enum session_rotation_outcome outcome = SESSION_DEAD;
    store_group_begin(racer->handle);
    racer->result = rotate(racer, &contest->sessions[0], 1, &outcome);
    racer->found = outcome == SESSION_ROTATED;
    if (store_group_end(racer->handle) != RESULT_OK)
        racer->result = RESULT_STORE_UNAVAILABLE;
}

static void test_one_token_in_many_groups(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct contest contest = {.sessions = {fixture_session(f, &user, NOW)}};
    struct racer racers[WRITERS];
    int64_t rotated = 0;
    fixture_race(f->store, racers, WRITERS, rotate_shared, &contest);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_result(racers[i].result, OK);
        rotated += racers[i].found;
    }
    assert_int_equal(rotated, 1);
}

int conformance_groups(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_a_failure_takes_back_itself_only),
        FIXTURE_TEST(test_the_order_is_kept),
        FIXTURE_TEST(test_nothing_to_commit),
        FIXTURE_TEST(test_lists_follow),
        FIXTURE_TEST(test_groups_and_others_at_once),
        FIXTURE_TEST(test_one_token_in_many_groups),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
