#include "service/hashing.h"

#include <semaphore.h>

#include "service/service_state.h"

/* A hash takes many milliseconds of CPU time: whatever answers quickly goes first. */
#define NICENESS 10
/* More than the lane `hash` has workers. */
#define WAITING_MAX 1024
#define THREADS_MAX 256

/* One hash: asked for by a worker that may hold a connection, made by a thread that holds nothing.
 */
struct hashing {
    struct lane_job job;
    sem_t done;
    struct service *service;
    struct view password;
    struct view hash; /* to verify; at NULL: one is made, into out */
    char *out;
    enum password_verdict verdict;
    bool made;
};

static void compute(struct hashing *hashing)
{
    struct service *service = hashing->service;
    const struct password_params *params = &service->options.password_params;
    int64_t began_us = clock_monotonic_us();

    if (hashing->hash.at != NULL) {
        hashing->verdict = password_hash_verify(params, hashing->hash, hashing->password);
    } else {
        hashing->made = password_hash_make(params, hashing->password, hashing->out);
    }
    metrics_observe_us(service->metrics.hash_seconds, clock_monotonic_us() - began_us);
}

static void run(struct lane_job *job, void *worker_state)
{
    struct hashing *hashing = (struct hashing *)job;

    (void)worker_state;
    compute(hashing);
    (void)sem_post(&hashing->done); /* may be gone afterwards */
}

/* On one of the threads for it, as many as may hash at once; where there are none, here. */
static void do_hashing(struct hashing *hashing)
{
    struct lane *lane = hashing->service->hash_threads;

    hashing->job.run = run;
    (void)sem_init(&hashing->done, 0, 0);
    if (lane != NULL && lane_put(lane, &hashing->job)) {
        while (sem_wait(&hashing->done) != 0) {
            continue; /* a signal */
        }
    } else {
        compute(hashing);
    }
    (void)sem_destroy(&hashing->done);
}

struct lane *hashing_threads_new(unsigned count)
{
    const struct lane_options options = {.name = "hashing",
                                         .workers = count < THREADS_MAX ? count : THREADS_MAX,
                                         .capacity = WAITING_MAX,
                                         .niceness = NICENESS};

    return lane_new(&options);
}

enum result hashing_make(struct service *service, struct view password,
                         char out[PASSWORD_HASH_SIZE])
{
    struct hashing hashing = {.service = service, .password = password, .out = out};

    do_hashing(&hashing);
    metrics_add(service->metrics.hashes_made, 1);
    return hashing.made ? RESULT_OK : RESULT_INTERNAL;
}

static enum password_verdict verify(struct service *service, struct view hash, struct view password)
{
    struct hashing hashing = {.service = service, .password = password, .hash = hash};

    do_hashing(&hashing);
    metrics_add(service->metrics.hashes_verified, 1);
    return hashing.verdict;
}

enum result hashing_verify(struct service *service, const struct hashing_subject *subject,
                           struct view password, bool *is_old)
{
    /* A stored string we do not take is no password either, and must cost the same. */
    bool has_hash = password_hash_is_taken(subject->stored_hash);
    char decoy[PASSWORD_HASH_SIZE];
    struct view hash = subject->stored_hash;
    enum password_verdict verdict;

    *is_old = false;
    if (!has_hash) {
        decoy_pick(service->decoy, subject->name, decoy);
        hash = view_of(decoy);
    }
    verdict = verify(service, hash, password);
    if (verdict == PASSWORD_REFUSED) {
        return RESULT_BUSY;
    }
    if (!has_hash || verdict == PASSWORD_WRONG) {
        return RESULT_INVALID_CREDENTIALS;
    }
    *is_old = verdict == PASSWORD_MATCH_OLD;
    return RESULT_OK;
}
