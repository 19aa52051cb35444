#include "service/hashing.h"

#include <semaphore.h>

#include "service/service_state.h"

#define BYTES_PER_KIB 1024

struct password_memory *hashing_memory_new(const struct service_options *options)
{
    size_t block_bytes = (size_t)options->password_params.memory_kib * BYTES_PER_KIB;

    return password_memory_new(block_bytes, options->hash_slots > 0 ? options->hash_slots : 1);
}

void hashing_memory_trim(struct service *service, int64_t idle_us)
{
    password_memory_trim(service->hash_memory, clock_monotonic_us() - idle_us);
}

/* There are more workers than slots: while one waits for the database, another hashes. */
static void take_slot(struct service *service)
{
    while (service->options.hash_slots > 0 && sem_wait(&service->hash_slots) != 0) {
        continue; /* a signal */
    }
}

static void give_slot(struct service *service)
{
    if (service->options.hash_slots > 0) {
        (void)sem_post(&service->hash_slots);
    }
}

enum result hashing_make(struct service *service, struct view password,
                         char out[PASSWORD_HASH_SIZE])
{
    bool ok;

    take_slot(service);
    int64_t began_us = clock_monotonic_us();
    ok = password_hash_make(&service->options.password_params, password, out);
    give_slot(service);

    metrics_observe_us(service->metrics.hash_seconds, clock_monotonic_us() - began_us);
    metrics_add(service->metrics.hashes_made, 1);
    return ok ? RESULT_OK : RESULT_INTERNAL;
}

static enum password_verdict verify(struct service *service, struct view hash, struct view password)
{
    enum password_verdict verdict;

    take_slot(service);
    int64_t began_us = clock_monotonic_us();
    verdict = password_hash_verify(&service->options.password_params, hash, password);
    give_slot(service);

    metrics_observe_us(service->metrics.hash_seconds, clock_monotonic_us() - began_us);
    metrics_add(service->metrics.hashes_verified, 1);
    return verdict;
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
