#include "service/hashing.h"

#include "service/service_state.h"

enum result hashing_make(struct service *service, struct view password,
                         char out[PASSWORD_HASH_SIZE])
{
    int64_t began_us = clock_monotonic_us();
    bool ok = password_hash_make(&service->options.password_params, password, out);

    metrics_observe_us(service->metrics.hash_seconds, clock_monotonic_us() - began_us);
    metrics_add(service->metrics.hashes_made, 1);
    return ok ? RESULT_OK : RESULT_INTERNAL;
}

static enum password_verdict verify(struct service *service, struct view hash, struct view password)
{
    int64_t began_us = clock_monotonic_us();
    enum password_verdict verdict =
        password_hash_verify(&service->options.password_params, hash, password);

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
