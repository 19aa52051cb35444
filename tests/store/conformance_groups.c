/* Rotations that are written together: each has the outcome that it would have had alone. */
#include "conformance.h"

#include <pthread.h>

#include "fixture.h"
#include "model/limits.h"

#define RACERS 4
#define SHARED 8
#define OTHERS 4
#define ROUNDS 12

static struct session_rotating asked(struct fixture *f, const struct id *session, int64_t counter)
{
    return fixture_rotating(&f->arena, session, counter, NOW);
}

static void assert_outcome(const struct session_rotating *item,
                           enum session_rotation_outcome outcome, int64_t counter)
{
    assert_result(item->result, OK);
    assert_int_equal(item->outcome, outcome);
    if (counter > 0)
        assert_int_equal(item->session.counter, counter);
}

/* --- outcomes --------------------------------------------------------------------------------- */

/* A member for each outcome there is, good ones between them. */
static void test_each_has_its_own(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user(f, "alice", "user");
    struct user bob = fixture_user(f, "bob", "admin");
    struct id first = fixture_session(f, &alice, NOW);
    struct id late = fixture_session(f, &bob, NOW);
    struct id used = fixture_session(f, &alice, NOW);
    struct id ended = fixture_session(f, &bob, NOW);
    struct id last = fixture_session(f, &bob, NOW);
    struct id unknown = id_new(NOW);
    assert_int_equal(fixture_rotate(f, &late, 1, NOW, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &used, 1, NOW, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &used, 2, NOW, NULL), SESSION_ROTATED);
    assert_result(store_session_end(f->handle, &bob.id, &ended, NOW), OK);
    struct session_rotating items[] = {
        asked(f, &first, 1), asked(f, &late, 1),  asked(f, &unknown, 1),
        asked(f, &used, 1),  asked(f, &ended, 1), asked(f, &last, 1),
    };
    fixture_rotate_together(f->handle, items, ARRAY_LEN(items));
    assert_outcome(&items[0], SESSION_ROTATED, 2);
    assert_outcome(&items[1], SESSION_GRACE, 2);
    assert_outcome(&items[2], SESSION_DEAD, 0);
    assert_outcome(&items[3], SESSION_REUSED, 0);
    assert_outcome(&items[4], SESSION_DEAD, 0);
    assert_outcome(&items[5], SESSION_ROTATED, 2);
    assert_true(id_equal(&items[3].session.id, &used));
    assert_true(id_equal(&items[3].session.user_id, &alice.id));
    const struct fixture_changes *changes = fixture_changes(f, NULL);
    assert_true(fixture_has_change(changes, CHANGE_SESSION_ENDED, &used, NOW));
    assert_false(fixture_has_change(changes, CHANGE_SESSION_ENDED, &first, NOW));
    assert_int_equal(fixture_rotate(f, &used, 3, NOW, NULL), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, &first, 2, NOW, NULL), SESSION_ROTATED);
    assert_int_equal(fixture_rotate(f, &late, 2, NOW, NULL), SESSION_ROTATED);
}

/* Whose it is, from where it was used: nobody gets what belongs to another. */
static void test_each_gets_what_is_theirs(void **state)
{
    struct fixture *f = *state;
    struct user people[] = {fixture_user(f, "alice", "user"), fixture_user(f, "bob", "admin")};
    struct id sessions[ARRAY_LEN(people)];
    struct session_rotating items[ARRAY_LEN(people)];
    static const struct view addresses[] = {{"2001:db8::1", 11}, {"192.0.2.77", 10}};
    static const struct view agents[] = {{NULL, 0}, {"Mozilla/5.0 \xC3\xA4", 14}};
    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        sessions[i] = fixture_session(f, &people[i], NOW);
        items[i] = fixture_rotating(&f->arena, &sessions[i], 1, NOW + SECOND * (int64_t)(i + 1));
        items[i].asked.address = addresses[i];
        items[i].asked.user_agent = agents[i];
    }
    fixture_rotate_together(f->handle, items, ARRAY_LEN(items));
    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        const struct session *session = &items[i].session;
        assert_outcome(&items[i], SESSION_ROTATED, 2);
        assert_true(id_equal(&session->id, &sessions[i]));
        assert_true(id_equal(&items[i].user.id, &people[i].id));
        assert_true(view_equal(items[i].user.username, people[i].username));
        assert_true(fixture_has_role(&items[i].user, i == 0 ? "user" : "admin"));
        assert_int_equal(session->last_used_ms, items[i].asked.now_ms);
        assert_true(view_equal(session->address, addresses[i]));
        assert_true(view_equal(session->user_agent, agents[i]));
        bool known = false;
        assert_result(store_session_knows_address(f->handle, &people[i].id, addresses[i], &known),
                      OK);
        assert_true(known);
    }
}

/* The same session several times: as if they had come one after another. */
static void test_one_session_several_times(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id first = fixture_session(f, &user, NOW);
    struct id second = fixture_session(f, &user, NOW);
    struct session_rotating items[] = {
        asked(f, &first, 1), asked(f, &second, 1), asked(f, &first, 1),
        asked(f, &first, 2), asked(f, &first, 1),  asked(f, &first, 3),
    };
    fixture_rotate_together(f->handle, items, ARRAY_LEN(items));
    assert_outcome(&items[0], SESSION_ROTATED, 2);
    assert_outcome(&items[1], SESSION_ROTATED, 2);
    assert_outcome(&items[2], SESSION_GRACE, 2);
    assert_outcome(&items[3], SESSION_ROTATED, 3);
    assert_outcome(&items[4], SESSION_REUSED, 0);
    assert_outcome(&items[5], SESSION_DEAD, 0);
    assert_int_equal(fixture_rotate(f, &first, 3, NOW, NULL), SESSION_DEAD);
    assert_int_equal(fixture_rotate(f, &second, 2, NOW, NULL), SESSION_ROTATED);
}

/* One token shown at the same time, by as many as there can be: one successor for all of them. */
static void test_one_token_many_times(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id session = fixture_session(f, &user, NOW);
    struct session_rotating items[STORE_ROTATE_MAX];
    for (size_t i = 0; i < STORE_ROTATE_MAX; i++)
        items[i] = asked(f, &session, 1);
    fixture_rotate_together(f->handle, items, STORE_ROTATE_MAX);
    int rotated = 0;
    for (size_t i = 0; i < STORE_ROTATE_MAX; i++) {
        assert_outcome(&items[i], items[i].outcome, 2);
        assert_true(items[i].outcome == SESSION_ROTATED || items[i].outcome == SESSION_GRACE);
        rotated += items[i].outcome == SESSION_ROTATED;
    }
    assert_int_equal(rotated, 1);
}

/* As many as there can be, every second one for another reason without a session that is alive. */
static void test_the_largest(void **state)
{
    struct fixture *f = *state;
    struct user active = fixture_user(f, "alice", "user");
    struct user gone = fixture_user(f, "bob", "user");
    struct session_rotating items[STORE_ROTATE_MAX];
    for (size_t i = 0; i < STORE_ROTATE_MAX; i++) {
        struct id session = fixture_session(f, i % 2 == 0 ? &active : &gone, NOW);
        items[i] = asked(f, &session, 1);
    }
    items[4].asked.now_ms = NOW + LIFETIME;
    items[6].asked.now_ms = NOW + IDLE;
    items[8].asked.counter = 2; /* never given out */
    assert_result(store_user_delete(f->handle, &gone.id, 0, NOW), OK);
    fixture_rotate_together(f->handle, items, STORE_ROTATE_MAX);
    for (size_t i = 0; i < STORE_ROTATE_MAX; i++) {
        bool dead = i % 2 == 1 || i == 4 || i == 6 || i == 8;
        assert_outcome(&items[i], dead ? SESSION_DEAD : SESSION_ROTATED, dead ? 0 : 2);
    }
}

/* What one database cannot keep is refused alone, or kept by one that can. */
static void test_one_that_cannot_be_kept(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user(f, "alice", "user");
    struct id sessions[3];
    struct session_rotating items[3];
    for (size_t i = 0; i < 3; i++) {
        sessions[i] = fixture_session(f, &user, NOW);
        items[i] = asked(f, &sessions[i], 1);
    }
    items[1].asked.user_agent = VIEW("\xFF");
    fixture_rotate_together(f->handle, items, 3);
    assert_outcome(&items[0], SESSION_ROTATED, 2);
    assert_true(items[1].result == RESULT_OK || items[1].result == RESULT_INVALID);
    assert_outcome(&items[2], SESSION_ROTATED, 2);
}

/* --- races ------------------------------------------------------------------------------------ */

struct contest {
    struct user user;
    struct id own[RACERS][OTHERS];
    struct id shared[SHARED];
    pthread_barrier_t round;
};

static void start_contest(struct fixture *f, struct contest *contest)
{
    contest->user = fixture_user(f, "alice", "user");
    for (size_t i = 0; i < RACERS; i++) {
        for (size_t j = 0; j < OTHERS; j++)
            contest->own[i][j] = fixture_session(f, &contest->user, NOW);
    }
    for (size_t i = 0; i < SHARED; i++)
        contest->shared[i] = fixture_session(f, &contest->user, NOW);
    assert_int_equal(pthread_barrier_init(&contest->round, NULL, RACERS), 0);
}

static void note(struct racer *racer, const struct session_rotating *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].result != RESULT_OK)
            racer->result = items[i].result;
        racer->found += items[i].outcome == SESSION_ROTATED;
    }
}

/* Half of them together, the others one by one: none is lost, none comes twice. */
static void rotate_own(struct racer *racer)
{
    const struct contest *contest = racer->context;
    struct session_rotating items[OTHERS];
    racer->result = RESULT_OK;
    for (int64_t counter = 1; counter <= ROUNDS; counter++) {
        for (size_t i = 0; i < OTHERS; i++) {
            const struct id *session = &contest->own[racer->index][i];
            items[i] = fixture_rotating(&racer->arena, session, counter, NOW);
            if (racer->index % 2 != 0)
                fixture_rotate_together(racer->handle, &items[i], 1);
        }
        if (racer->index % 2 == 0)
            fixture_rotate_together(racer->handle, items, OTHERS);
        note(racer, items, OTHERS);
    }
}

static void test_together_and_alone_at_once(void **state)
{
    struct fixture *f = *state;
    struct contest contest;
    struct racer racers[RACERS];
    start_contest(f, &contest);
    fixture_race(f->store, racers, RACERS, rotate_own, &contest);
    for (size_t i = 0; i < RACERS; i++) {
        assert_result(racers[i].result, OK);
        assert_int_equal(racers[i].found, ROUNDS * OTHERS);
        for (size_t j = 0; j < OTHERS; j++)
            assert_int_equal(fixture_rotate(f, &contest.own[i][j], ROUNDS + 1, NOW, NULL),
                             SESSION_ROTATED);
    }
    (void)pthread_barrier_destroy(&contest.round);
}

/* All of the same sessions, each thread in another order: nobody waits for another in a circle,
   and each token is exchanged once. */
static void rotate_shared(struct racer *racer)
{
    struct contest *contest = racer->context;
    struct session_rotating items[SHARED];
    racer->result = RESULT_OK;
    for (int64_t counter = 1; counter <= ROUNDS; counter++) {
        for (size_t i = 0; i < SHARED; i++) {
            size_t which = racer->index % 2 == 0 ? i : SHARED - 1 - i;
            which = (which + racer->index) % SHARED;
            items[i] = fixture_rotating(&racer->arena, &contest->shared[which], counter, NOW);
        }
        (void)pthread_barrier_wait(&contest->round);
        fixture_rotate_together(racer->handle, items, SHARED);
        note(racer, items, SHARED);
        for (size_t i = 0; i < SHARED; i++) {
            if (items[i].outcome != SESSION_ROTATED && items[i].outcome != SESSION_GRACE)
                racer->result = RESULT_INTERNAL;
        }
        (void)pthread_barrier_wait(&contest->round);
    }
}

static void test_the_same_in_other_orders(void **state)
{
    struct fixture *f = *state;
    struct contest contest;
    struct racer racers[RACERS];
    int64_t rotated = 0;
    start_contest(f, &contest);
    fixture_race(f->store, racers, RACERS, rotate_shared, &contest);
    for (size_t i = 0; i < RACERS; i++) {
        assert_result(racers[i].result, OK);
        rotated += racers[i].found;
    }
    assert_int_equal(rotated, ROUNDS * SHARED);
    (void)pthread_barrier_destroy(&contest.round);
}

/* The last one ends all sessions of the person while the others rotate them: each is rotated or
   dead, none comes to life again, and nobody waits in vain. */
static void rotate_while_they_end(struct racer *racer)
{
    struct contest *contest = racer->context;
    struct session_rotating items[SHARED];
    int64_t ended = 0;
    racer->result = RESULT_OK;
    for (size_t i = 0; i < SHARED; i++) {
        size_t which = racer->index % 2 == 0 ? i : SHARED - 1 - i;
        items[i] = fixture_rotating(&racer->arena, &contest->shared[which], 1, NOW);
    }
    (void)pthread_barrier_wait(&contest->round);
    if (racer->index == RACERS - 1) {
        racer->result = store_session_end_all(racer->handle, &contest->user.id, NULL, NOW, &ended);
        return;
    }
    fixture_rotate_together(racer->handle, items, SHARED);
    note(racer, items, SHARED);
}

static void test_all_sessions_end_meanwhile(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < fixture_rounds(ROUNDS); round++) {
        struct contest contest = {.user = {.number = 0}};
        struct racer racers[RACERS];
        char name[32];
        (void)snprintf(name, sizeof name, "person-%d", round);
        contest.user = fixture_user(f, name, "user");
        for (size_t i = 0; i < SHARED; i++)
            contest.shared[i] = fixture_session(f, &contest.user, NOW);
        assert_int_equal(pthread_barrier_init(&contest.round, NULL, RACERS), 0);
        fixture_race(f->store, racers, RACERS, rotate_while_they_end, &contest);
        for (size_t i = 0; i < RACERS; i++)
            assert_result(racers[i].result, OK);
        for (size_t i = 0; i < SHARED; i++)
            assert_int_equal(fixture_rotate(f, &contest.shared[i], 2, NOW, NULL), SESSION_DEAD);
        (void)pthread_barrier_destroy(&contest.round);
    }
}

int conformance_groups(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_each_has_its_own),
        FIXTURE_TEST(test_each_gets_what_is_theirs),
        FIXTURE_TEST(test_one_session_several_times),
        FIXTURE_TEST(test_one_token_many_times),
        FIXTURE_TEST(test_the_largest),
        FIXTURE_TEST(test_one_that_cannot_be_kept),
        FIXTURE_TEST(test_together_and_alone_at_once),
        FIXTURE_TEST(test_the_same_in_other_orders),
        FIXTURE_TEST(test_all_sessions_end_meanwhile),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
