#include "unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/lane.h"

/* A job that says when it runs and waits to be let go. */
struct gate_job {
    struct lane_job job;
    sem_t entered;
    sem_t leave;
    void *worker_state;
};

static void run_gate(struct lane_job *job, void *worker_state)
{
    struct gate_job *gate = (struct gate_job *)job;
    gate->worker_state = worker_state;
    sem_post(&gate->entered);
    sem_wait(&gate->leave);
}

static void gate_init(struct gate_job *gate)
{
    *gate = (struct gate_job){.job.run = run_gate};
    sem_init(&gate->entered, 0, 0);
    sem_init(&gate->leave, 0, 0);
}

static void gate_clear(struct gate_job *gate)
{
    sem_destroy(&gate->entered);
    sem_destroy(&gate->leave);
}

static struct lane *plain_lane(unsigned workers, unsigned capacity)
{
    struct lane_options options = {.name = "test", .workers = workers, .capacity = capacity};
    struct lane *lane = lane_new(&options);
    assert_non_null(lane);
    return lane;
}

static void test_full_is_refused_at_once(void **state)
{
    struct gate_job gates[3];
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        gate_init(&gates[i]);
    struct lane *lane = plain_lane(1, 1);
    assert_true(lane_put(lane, &gates[0].job));
    sem_wait(&gates[0].entered);
    assert_true(lane_put(lane, &gates[1].job));
    assert_false(lane_put(lane, &gates[2].job));

    struct lane_stats stats;
    lane_get_stats(lane, &stats);
    assert_string_equal(stats.name, "test");
    assert_int_equal(stats.workers, 1);
    assert_int_equal(stats.capacity, 1);
    assert_int_equal(stats.running, 1);
    assert_int_equal(stats.waiting, 1);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.done, 0);

    sem_post(&gates[0].leave);
    sem_wait(&gates[1].entered);
    assert_true(lane_put(lane, &gates[2].job)); /* there is room again */
    sem_post(&gates[1].leave);
    sem_post(&gates[2].leave);
    lane_free(lane);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        gate_clear(&gates[i]);
}

static void test_burst_on_an_idle_lane_is_taken(void **state)
{
    struct gate_job gates[5];
    struct lane *lane = plain_lane(4, 0);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        gate_init(&gates[i]);
    for (size_t i = 0; i < 4; i++)
        assert_true(lane_put(lane, &gates[i].job));
    assert_false(lane_put(lane, &gates[4].job));
    for (size_t i = 0; i < 4; i++)
        sem_post(&gates[i].leave);
    lane_free(lane);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        gate_clear(&gates[i]);
}

/* Notes its place in the order of running. */
struct order_job {
    struct lane_job job;
    unsigned *next;
    unsigned place;
};

static void run_order(struct lane_job *job, void *worker_state)
{
    (void)worker_state;
    struct order_job *order = (struct order_job *)job;
    order->place = (*order->next)++; /* one worker: no lock */
}

static void test_first_in_first_out_and_free_finishes(void **state)
{
    struct gate_job gate;
    struct order_job jobs[50];
    unsigned next = 0;
    gate_init(&gate);
    struct lane *lane = plain_lane(1, ARRAY_LEN(jobs));
    assert_true(lane_put(lane, &gate.job));
    sem_wait(&gate.entered);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        jobs[i] = (struct order_job){.job.run = run_order, .next = &next};
        assert_true(lane_put(lane, &jobs[i].job));
    }
    sem_post(&gate.leave);
    lane_free(lane); /* lets what is queued finish */
    assert_int_equal(next, ARRAY_LEN(jobs));
    for (unsigned i = 0; i < ARRAY_LEN(jobs); i++)
        assert_int_equal(jobs[i].place, i);
    gate_clear(&gate);
}

/* As many as there is room for, in their order; the others are given back. */
static void test_many_at_once(void **state)
{
    struct gate_job gate;
    struct order_job jobs[8];
    struct lane_stats stats;
    unsigned next = 0;
    gate_init(&gate);
    struct lane *lane = plain_lane(1, 5);
    assert_true(lane_put(lane, &gate.job));
    sem_wait(&gate.entered);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        bool last = i + 1 == ARRAY_LEN(jobs);
        jobs[i] = (struct order_job){.job = {.run = run_order}, .next = &next, .place = 99};
        jobs[i].job.next = last ? NULL : &jobs[i + 1].job;
    }
    assert_ptr_equal(lane_put_all(lane, &jobs[0].job), &jobs[5].job);
    assert_ptr_equal(jobs[5].job.next, &jobs[6].job);
    assert_ptr_equal(jobs[6].job.next, &jobs[7].job);
    lane_get_stats(lane, &stats);
    assert_int_equal(stats.waiting, 5);
    assert_int_equal(stats.refused, 3);
    sem_post(&gate.leave);
    lane_free(lane); /* lets what is queued finish */
    for (unsigned i = 0; i < ARRAY_LEN(jobs); i++)
        assert_int_equal(jobs[i].place, i < 5 ? i : 99);
    gate_clear(&gate);
}

/* Each worker that sleeps is woken up: these wait for each other. */
static void test_many_at_once_wake_all_workers(void **state)
{
    struct gate_job gates[3];
    struct lane *lane = plain_lane(ARRAY_LEN(gates), 0);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        gate_init(&gates[i]);
    gates[0].job.next = &gates[1].job;
    gates[1].job.next = &gates[2].job;
    assert_null(lane_put_all(lane, &gates[0].job));
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        sem_wait(&gates[i].entered);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        sem_post(&gates[i].leave);
    lane_free(lane);
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        gate_clear(&gates[i]);
}

/* Notes how many came with it. */
struct batch_job {
    struct lane_job job;
    unsigned *sizes; /* of the batches so far; 0: none yet */
};

static void run_batch(struct lane_job *job, void *worker_state)
{
    (void)worker_state;
    unsigned *size = ((struct batch_job *)job)->sizes;
    while (*size != 0)
        size++;
    for (; job != NULL; job = job->next)
        *size += 1;
}

static void test_a_batch_is_what_waits(void **state)
{
    struct lane_options options = {.name = "test", .workers = 1, .capacity = 20, .batch = 3};
    struct gate_job gate;
    struct batch_job jobs[7];
    unsigned sizes[ARRAY_LEN(jobs) + 1] = {0};
    struct lane *lane = lane_new(&options);
    assert_non_null(lane);
    gate_init(&gate);
    assert_true(lane_put(lane, &gate.job)); /* alone: it waits for no others */
    sem_wait(&gate.entered);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        jobs[i] = (struct batch_job){.job.run = run_batch, .sizes = sizes};
        assert_true(lane_put(lane, &jobs[i].job));
    }
    struct lane_stats stats;
    lane_get_stats(lane, &stats);
    assert_int_equal(stats.running, 1);
    assert_int_equal(stats.waiting, ARRAY_LEN(jobs));
    sem_post(&gate.leave);
    lane_free(lane); /* lets what is queued finish */
    assert_int_equal(sizes[0], 3);
    assert_int_equal(sizes[1], 3);
    assert_int_equal(sizes[2], 1);
    assert_int_equal(sizes[3], 0);
    gate_clear(&gate);
}

/* Queues itself again until that is refused. */
struct chain_job {
    struct lane_job job;
    struct lane *lane;
    bool refused;
};

static void run_chain(struct lane_job *job, void *worker_state)
{
    (void)worker_state;
    struct chain_job *chain = (struct chain_job *)job;
    if (!lane_put(chain->lane, job))
        chain->refused = true;
}

static void test_closing_refuses(void **state)
{
    struct chain_job chain = {.job.run = run_chain};
    struct lane *lane = plain_lane(1, 1);
    chain.lane = lane;
    assert_true(lane_put(lane, &chain.job));
    lane_free(lane); /* would never return if a closing lane took the job again */
    assert_true(chain.refused);
}

struct counter_job {
    struct lane_job job;
    atomic_uint *count;
};

static void run_count(struct lane_job *job, void *worker_state)
{
    (void)worker_state;
    atomic_uint *count = ((struct counter_job *)job)->count;
    free(job); /* the lane must not look at a job that has run */
    atomic_fetch_add(count, 1);
}

struct producer {
    struct lane *lane;
    atomic_uint *count;
    unsigned taken;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (unsigned i = 0; i < 5000; i++) {
        struct counter_job *job = malloc(sizeof *job);
        if (job == NULL)
            break;
        *job = (struct counter_job){.job.run = run_count, .count = producer->count};
        if (lane_put(producer->lane, &job->job))
            producer->taken++;
        else
            free(job);
    }
    return NULL;
}

static void test_many_producers_lose_nothing(void **state)
{
    atomic_uint count = 0;
    struct producer producers[4];
    pthread_t threads[ARRAY_LEN(producers)];
    struct lane *lane = plain_lane(3, 16);
    for (size_t i = 0; i < ARRAY_LEN(producers); i++) {
        producers[i] = (struct producer){.lane = lane, .count = &count};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    unsigned taken = 0;
    for (size_t i = 0; i < ARRAY_LEN(producers); i++) {
        pthread_join(threads[i], NULL);
        taken += producers[i].taken;
    }
    struct lane_stats stats;
    lane_get_stats(lane, &stats);
    assert_int_equal(stats.refused + taken, 5000 * ARRAY_LEN(producers));
    lane_free(lane);
    assert_int_equal(atomic_load(&count), taken);
}

/* Counts what workers open and close; fails the open whose number is fail_at. */
struct states {
    atomic_uint opened;
    atomic_uint closed;
    unsigned fail_at;
};

static void *open_state(void *context)
{
    struct states *states = context;
    unsigned number = atomic_fetch_add(&states->opened, 1) + 1;
    return number == states->fail_at ? NULL : states;
}

static void close_state(void *worker_state)
{
    struct states *states = worker_state;
    atomic_fetch_add(&states->closed, 1);
}

static struct lane *state_lane(struct states *states, unsigned workers)
{
    struct lane_options options = {
        .name = "a name that is far too long",
        .workers = workers,
        .capacity = 4,
        .worker_open = open_state,
        .worker_close = close_state,
        .context = states,
    };
    return lane_new(&options);
}

static void test_each_worker_has_a_state(void **state)
{
    struct states states = {.fail_at = 0};
    struct lane *lane = state_lane(&states, 3);
    assert_non_null(lane);
    assert_int_equal(atomic_load(&states.opened), 3); /* all are open when lane_new returns */
    struct gate_job gate;
    gate_init(&gate);
    assert_true(lane_put(lane, &gate.job));
    sem_wait(&gate.entered);
    assert_ptr_equal(gate.worker_state, &states);
    sem_post(&gate.leave);
    lane_free(lane);
    assert_int_equal(atomic_load(&states.closed), 3);
    gate_clear(&gate);
}

static void test_a_failed_open_fails_the_lane(void **state)
{
    for (unsigned k = 1; k <= 3; k++) {
        struct states states = {.fail_at = k};
        assert_null(state_lane(&states, 3));
        assert_int_equal(atomic_load(&states.opened), 3);
        assert_int_equal(atomic_load(&states.closed), 2);
    }
}

static void test_worker_numbers_are_checked(void **state)
{
    struct lane_options options = {.name = "test", .workers = 0, .capacity = 1};
    assert_null(lane_new(&options));
    options.workers = 257;
    assert_null(lane_new(&options));
    lane_free(NULL);
}

struct mask_job {
    struct lane_job job;
    bool blocked;
};

static void run_mask(struct lane_job *job, void *worker_state)
{
    (void)worker_state;
    struct mask_job *mask = (struct mask_job *)job;
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    mask->blocked = sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGINT) == 1;
}

static void test_signals_are_blocked_in_workers_only(void **state)
{
    struct mask_job mask = {.job.run = run_mask};
    struct lane *lane = plain_lane(1, 1);
    assert_true(lane_put(lane, &mask.job));
    lane_free(lane);
    assert_true(mask.blocked);
    sigset_t here;
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    assert_int_equal(sigismember(&here, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_is_refused_at_once),
        cmocka_unit_test(test_burst_on_an_idle_lane_is_taken),
        cmocka_unit_test(test_first_in_first_out_and_free_finishes),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_many_at_once_wake_all_workers),
        cmocka_unit_test(test_a_batch_is_what_waits),
        cmocka_unit_test(test_closing_refuses),
        cmocka_unit_test(test_many_producers_lose_nothing),
        cmocka_unit_test(test_each_worker_has_a_state),
        cmocka_unit_test(test_a_failed_open_fails_the_lane),
        cmocka_unit_test(test_worker_numbers_are_checked),
        cmocka_unit_test(test_signals_are_blocked_in_workers_only),
    };
    return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
