/* What many clients do at the same time; each with a handle and an arena of its own, as the workers
 * of a lane have. */
#include "service_fixture.h"

#include <pthread.h>

#define THREADS 8
#define ROUNDS 20
#define LOCK_AFTER 10

static struct service_fixture f;

struct racer {
    pthread_t thread;
    struct store_handle *handle;
    struct arena arena;
    void (*run)(struct racer *racer);
    size_t index;
    struct view text; /* what they race for */
    enum result result;
    struct auth_grant grant;
};

static struct racer racers[THREADS];
static pthread_barrier_t start;

static int setup(void **state)
{
    service_fixture_open(&f, NULL);
    pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.index = i, .handle = store_handle_open(f.store)};
        assert_non_null(racers[i].handle);
        arena_init(&racers[i].arena, 0);
    }
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < THREADS; i++) {
        store_handle_close(racers[i].handle);
        arena_clear(&racers[i].arena);
    }
    pthread_barrier_destroy(&start);
    service_fixture_close(&f);
    return 0;
}

static struct service_call call_of(struct racer *racer)
{
    struct service_call call = service_fixture_call(&f, NULL);

    call.store = racer->handle;
    call.arena = &racer->arena;
    return call;
}

static void *run(void *context)
{
    struct racer *racer = context;

    pthread_barrier_wait(&start);
    racer->run(racer);
    return NULL;
}

static void race(void (*what)(struct racer *racer), struct view text)
{
    for (size_t i = 0; i < THREADS; i++) {
        racers[i].run = what;
        racers[i].text = text;
        assert_int_equal(pthread_create(&racers[i].thread, NULL, run, &racers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(racers[i].thread, NULL);
}

static void refresh(struct racer *racer)
{
    struct service_call call = call_of(racer);

    racer->result = auth_refresh(&call, racer->text, &racer->grant);
}

/* CHECKLIST R03: one successor, whoever asks. */
static void test_refresh(void **state)
{
    struct auth_grant grant = service_fixture_signup(&f, "alice");
    struct view token = grant.refresh_token;

    for (int round = 0; round < ROUNDS; round++) {
        race(refresh, token);
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(racers[i].result, RESULT_OK);
            assert_true(view_equal(racers[i].grant.refresh_token, racers[0].grant.refresh_token));
        }
        assert_false(view_equal(token, racers[0].grant.refresh_token));
        token = arena_copy_view(&f.arena, racers[0].grant.refresh_token);
    }
    assert_int_equal(service_fixture_refresh(&f, token, &grant), RESULT_OK);
}

static void guess(struct racer *racer)
{
    struct auth_login input = {VIEW("alice"), VIEW("wrong-Otter-41")};
    size_t evaluated = 0;

    for (int i = 0; i < LOCK_AFTER; i++) {
        struct service_call call = call_of(racer);
        if (auth_login(&call, &input, &racer->grant) == RESULT_INVALID_CREDENTIALS)
            evaluated++;
    }
    racer->text.len = evaluated;
}

/* CHECKLIST E05: not one guess more than the limit is evaluated. */
static void test_guesses(void **state)
{
    size_t evaluated = 0;

    (void)service_fixture_signup(&f, "alice");
    race(guess, (struct view){NULL, 0});
    for (size_t i = 0; i < THREADS; i++)
        evaluated += racers[i].text.len;
    assert_int_equal(evaluated, LOCK_AFTER);
}

/* The even ones delete the first admin, the odd ones the second. */
static void delete_other(struct racer *racer)
{
    struct service_call call = call_of(racer);

    call.actor = principal_system();
    racer->result = users_delete(&call, racer->index % 2 == 0 ? VIEW("root1") : VIEW("root2"), 0);
}

static bool exists(const char *username)
{
    struct service_call call = service_fixture_call(&f, principal_system());
    struct user user;

    return users_get(&call, view_of(username), &user) == RESULT_OK;
}

/* CHECKLIST A06: never zero admins. */
static void test_admins(void **state)
{
    (void)service_fixture_admin(&f, "root1");
    for (int round = 0; round < ROUNDS; round++) {
        size_t deleted = 0;

        (void)service_fixture_admin(&f, exists("root1") ? "root2" : "root1");
        race(delete_other, (struct view){NULL, 0});
        for (size_t i = 0; i < THREADS; i++)
            deleted += racers[i].result == RESULT_NO_CONTENT;
        assert_int_equal(deleted, 1);
        assert_true(exists("root1") != exists("root2"));
    }
}

static void work(struct racer *racer)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct principal who;
        struct service_call call = call_of(racer);
        enum result result = access_authenticate(&call, racer->text, false, &who);

        if (racer->index == 0 && i == ROUNDS / 2 && result == RESULT_OK) {
            call.actor = &who;
            racer->result = auth_logout(&call, AUTH_SCOPE_LOCAL);
        }
    }
}

/* Readers of the cache and the feed's state while a session ends: nobody passes afterwards. */
static void test_logout_under_load(void **state)
{
    (void)service_fixture_signup(&f, "alice");
    for (int round = 0; round < ROUNDS; round++) {
        struct auth_grant grant;

        assert_int_equal(service_fixture_login(&f, "alice", FIXTURE_PASSWORD, &grant), RESULT_OK);
        race(work, grant.access_token);
        assert_int_equal(racers[0].result, RESULT_NO_CONTENT);
        assert_int_equal(service_fixture_authenticate(&f, grant.access_token),
                         RESULT_INVALID_TOKEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refresh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guesses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_admins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_logout_under_load, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
