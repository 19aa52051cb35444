/* Many threads at the same thing: the database decides, once. */
#include "conformance.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "fixture.h"
#include "model/limits.h"

#define ROTATORS 50
#define ROTATOR_TRIES 10
#define CREATORS 20
#define WRITERS 4
#define WRITES 40
#define ADMIN_ROUNDS 200

static int64_t count_results(const struct racer *racers, unsigned count, enum result result)
{
    int64_t found = 0;
    for (unsigned i = 0; i < count; i++)
        found += racers[i].result == result;
    return found;
}

/* A wait for a lock ends after a while; on a busy machine with so many in line, too soon. Whoever
   got no answer asks again: what was carried out all the same is missed when the successors are
   counted. */
static void rotate_once(struct racer *racer)
{
    enum session_rotation_outcome outcome;
    struct session session;
    struct user user;
    const struct session_rotation rotation = {.session_id = *(const struct id *)racer->context,
                                              .counter = 1,
                                              .now_ms = NOW,
                                              .grace_ms = GRACE,
                                              .idle_ms = IDLE};
    for (int i = 0; i == 0 || (racer->result == RESULT_STORE_UNAVAILABLE && i < ROTATOR_TRIES); i++)
        racer->result = store_session_rotate(racer->handle, &rotation, &racer->arena, &outcome,
                                             &session, &user);
    racer->found = outcome;
}

static void test_one_token_has_one_successor(void **state)
{
    struct fixture *f = *state;
    struct racer racers[ROTATORS];
    struct session session;
    int rotated = 0;
    int grace = 0;
    struct user user = fixture_user(f, "alice", "user");
    struct id id = fixture_session(f, &user, NOW);
    fixture_race(f->store, racers, ROTATORS, rotate_once, &id);
    assert_int_equal(count_results(racers, ROTATORS, RESULT_OK), ROTATORS);
    for (unsigned i = 0; i < ROTATORS; i++) {
        rotated += racers[i].found == SESSION_ROTATED;
        grace += racers[i].found == SESSION_GRACE;
    }
    assert_int_equal(rotated, 1);
    assert_int_equal(grace, ROTATORS - 1);
    assert_int_equal(fixture_rotate(f, &id, 2, NOW, &session), SESSION_ROTATED);
    assert_int_equal(session.counter, 3);
}

static void create_same_name(struct racer *racer)
{
    struct user user;
    const struct user_draft draft = fixture_draft(racer->index % 2 == 0 ? "alice" : "ALICE", NULL);
    racer->result = store_user_create(racer->handle, &draft, &racer->arena, &user);
}

static void create_same_email(struct racer *racer)
{
    char name[16];
    struct user user;
    (void)snprintf(name, sizeof name, "user%u", racer->index);
    struct user_draft draft = fixture_draft(name, NULL);
    draft.email = VIEW("a@example.org");
    racer->result = store_user_create(racer->handle, &draft, &racer->arena, &user);
}

static void test_one_name_has_one_owner(void **state)
{
    struct fixture *f = *state;
    struct racer racers[CREATORS];
    fixture_race(f->store, racers, CREATORS, create_same_name, NULL);
    assert_int_equal(count_results(racers, CREATORS, RESULT_OK), 1);
    assert_int_equal(count_results(racers, CREATORS, RESULT_USERNAME_TAKEN), CREATORS - 1);
    fixture_race(f->store, racers, CREATORS, create_same_email, NULL);
    assert_int_equal(count_results(racers, CREATORS, RESULT_OK), 1);
    assert_int_equal(count_results(racers, CREATORS, RESULT_EMAIL_TAKEN), CREATORS - 1);
}

/* --- the last admin --------------------------------------------------------------------------- */

static enum result attack(struct racer *racer, const struct id *victim, unsigned way)
{
    const struct user_patch demote = {.mask = USER_FIELD_ROLES, .now_ms = NOW};
    const struct user_patch disable = {
        .mask = USER_FIELD_STATUS, .status = USER_DISABLED, .now_ms = NOW};
    if (way % 3 == 0)
        return store_user_delete(racer->handle, victim, 0, NOW);
    return store_user_update(racer->handle, victim, way % 3 == 1 ? &demote : &disable,
                             &racer->arena, NULL);
}

struct duel {
    struct id admins[2];
    unsigned round;
};

static void fight(struct racer *racer)
{
    const struct duel *duel = racer->context;
    racer->result = attack(racer, &duel->admins[1 - racer->index],
                           duel->round + racer->index * (duel->round / 3));
}

static struct id make_admin(struct fixture *f, unsigned round, unsigned index)
{
    char name[32];
    (void)snprintf(name, sizeof name, "admin-%u-%u", round, index);
    return fixture_user(f, name, "admin").id;
}

static void test_admins_never_remove_each_other(void **state)
{
    struct fixture *f = *state;
    struct duel duel = {.admins = {make_admin(f, 0, 0), make_admin(f, 0, 1)}};
    unsigned rounds = (unsigned)fixture_rounds(ADMIN_ROUNDS);
    for (duel.round = 0; duel.round < rounds; duel.round++) {
        struct racer racers[2];
        fixture_race(f->store, racers, 2, fight, &duel);
        assert_int_equal(count_results(racers, 2, RESULT_OK), 1);
        assert_int_equal(count_results(racers, 2, RESULT_LAST_ADMIN), 1);
        unsigned loser = racers[0].result == RESULT_OK ? 1 : 0;
        struct user winner = fixture_read(f, &duel.admins[1 - loser]);
        assert_int_equal(winner.status, USER_ACTIVE);
        assert_true(fixture_has_role(&winner, ROLE_ADMIN));
        duel.admins[loser] = make_admin(f, duel.round + 1, loser);
    }
}

/* --- attempts, keys, settings ----------------------------------------------------------------- */

static void count_attempts(struct racer *racer)
{
    const struct attempt attempt = {VIEW("account:alice"), 10};
    for (int i = 0; i < 10; i++) {
        int64_t locked_until_ms = 0;
        racer->result =
            store_attempt_count(racer->handle, &attempt, 1, NOW, MINUTE, &locked_until_ms);
        if (racer->result != RESULT_OK)
            return;
        racer->found += locked_until_ms == 0;
    }
}

static void test_attempts_in_parallel(void **state)
{
    struct fixture *f = *state;
    struct racer racers[CREATORS];
    int64_t let_through = 0;
    fixture_race(f->store, racers, CREATORS, count_attempts, NULL);
    assert_int_equal(count_results(racers, CREATORS, RESULT_OK), CREATORS);
    for (unsigned i = 0; i < CREATORS; i++)
        let_through += racers[i].found;
    assert_int_equal(let_through, 10);
}

static void create_first_key(struct racer *racer)
{
    char key_id[16];
    (void)snprintf(key_id, sizeof key_id, "key%u", racer->index);
    const struct stored_key key = {.key_id = view_of(key_id),
                                   .algorithm = VIEW("ES256"),
                                   .material = VIEW("x"),
                                   .created_ms = NOW,
                                   .signs_from_ms = NOW};
    racer->result = store_key_create_first(racer->handle, &key, NOW);
}

static void test_one_first_key(void **state)
{
    struct fixture *f = *state;
    struct racer racers[10];
    const struct stored_key *keys;
    size_t count;
    fixture_race(f->store, racers, 10, create_first_key, NULL);
    assert_int_equal(count_results(racers, 10, RESULT_OK), 1);
    assert_int_equal(count_results(racers, 10, RESULT_CONFLICT), 9);
    assert_result(store_key_list(f->handle, &f->arena, &keys, &count), OK);
    assert_int_equal(count, 1);
}

static void keep_own_value(struct racer *racer)
{
    struct view kept = {NULL, 0};
    char value[16];
    (void)snprintf(value, sizeof value, "%u", racer->index);
    racer->result =
        store_setting_keep(racer->handle, VIEW("issuer"), view_of(value), &racer->arena, &kept);
    if (racer->result == RESULT_OK && !view_to_int64(kept, &racer->found))
        racer->result = RESULT_INTERNAL;
}

static void test_one_kept_value(void **state)
{
    struct fixture *f = *state;
    struct racer racers[10];
    fixture_race(f->store, racers, 10, keep_own_value, NULL);
    assert_int_equal(count_results(racers, 10, RESULT_OK), 10);
    for (unsigned i = 1; i < 10; i++)
        assert_int_equal(racers[i].found, racers[0].found);
}

/* --- the change feed -------------------------------------------------------------------------- */

/* Writers end sessions that were made before, the reader follows until it has seen them all. */
struct feed {
    struct id user_id;
    struct id sessions[WRITERS][WRITES];
    atomic_uint seen[WRITERS][WRITES];
    atomic_uint writers_left;
};

static bool note_seen(void *context, const struct change *change)
{
    struct feed *feed = context;
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        for (unsigned i = 0; i < WRITES; i++) {
            if (id_equal(&feed->sessions[writer][i], &change->subject))
                atomic_fetch_add(&feed->seen[writer][i], 1);
        }
    }
    return true;
}

static void follow(struct racer *racer, struct feed *feed)
{
    struct change_cursor cursor = {0};
    bool last = false;
    do { /* once more after the last writer is done */
        last = atomic_load(&feed->writers_left) == 0;
        racer->result =
            store_changes_read(racer->handle, &cursor, 0, &racer->arena, note_seen, feed);
    } while (racer->result == RESULT_OK && !last);
}

static void write_or_follow(struct racer *racer)
{
    struct feed *feed = racer->context;
    if (racer->index == WRITERS) {
        follow(racer, feed);
        return;
    }
    racer->result = RESULT_OK;
    for (unsigned i = 0; i < WRITES && racer->result == RESULT_OK; i++)
        racer->result =
            store_session_end(racer->handle, &feed->user_id, &feed->sessions[racer->index][i], NOW);
    atomic_fetch_sub(&feed->writers_left, 1);
}

static void test_feed_misses_nothing(void **state)
{
    struct fixture *f = *state;
    struct racer racers[WRITERS + 1];
    static struct feed feed;
    struct user user = fixture_user(f, "alice", "user");
    memset(&feed, 0, sizeof feed);
    feed.user_id = user.id;
    feed.writers_left = WRITERS;
    for (unsigned i = 0; i < WRITERS * WRITES; i++)
        feed.sessions[i / WRITES][i % WRITES] = fixture_session(f, &user, NOW);
    fixture_race(f->store, racers, WRITERS + 1, write_or_follow, &feed);
    assert_int_equal(count_results(racers, WRITERS + 1, RESULT_OK), WRITERS + 1);
    for (unsigned i = 0; i < WRITERS * WRITES; i++)
        assert_true(feed.seen[i / WRITES][i % WRITES] >= 1);
}

int conformance_races(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_one_token_has_one_successor),
        FIXTURE_TEST(test_one_name_has_one_owner),
        FIXTURE_TEST(test_admins_never_remove_each_other),
        FIXTURE_TEST(test_attempts_in_parallel),
        FIXTURE_TEST(test_one_first_key),
        FIXTURE_TEST(test_one_kept_value),
        FIXTURE_TEST(test_feed_misses_nothing),
    };
    return cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
