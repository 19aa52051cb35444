#include "service/housekeeping.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/ticker.h"
#include "service/audit_list.h"
#include "service/hashing.h"
#include "service/service_state.h"
#include "service/user_expiry.h"

/* What is left alone. */
#define CHANGES_KEPT_MIN_MS (S_PER_DAY * MS_PER_SECOND)
#define SESSIONS_KEPT_MS (30 * S_PER_DAY * MS_PER_SECOND)
/* Past the end of window or lock they count for nothing; this is for clocks that differ. */
#define ATTEMPTS_KEPT_MS (10 * S_PER_MINUTE * MS_PER_SECOND)
#define PURGE_BATCH 500
#define PURGE_ROUNDS 1000 /* at one go */
#define TURNS 12          /* in a period: lists are tended in each, the rest is done in the last */

struct housekeeping {
    struct service *service;
    struct store_handle *handle; /* the thread's; NULL while the database is out of reach */
    struct ticker *ticker;
    unsigned turns;
    int64_t hash_idle_us; /* memory of hashes is kept for so long */
};

static struct purge_limits limits_of(const struct service *service)
{
    int64_t now_ms = clock_now_ms(&service->options.clock);
    int64_t twice_ms = 2 * service_token_reach_ms(service);

    return (struct purge_limits){
        .now_ms = now_ms,
        .changes_before_ms =
            now_ms - (twice_ms > CHANGES_KEPT_MIN_MS ? twice_ms : CHANGES_KEPT_MIN_MS),
        .sessions_before_ms = now_ms - SESSIONS_KEPT_MS,
        .attempts_before_ms = now_ms - ATTEMPTS_KEPT_MS,
        .audit_before_ms = audit_list_kept_from_ms(service, now_ms),
        .batch = PURGE_BATCH,
    };
}

static void purge(struct housekeeping *housekeeping, struct ticker *ticker)
{
    struct purge_limits limits = limits_of(housekeeping->service);
    bool more = true;

    for (int i = 0; more && i < PURGE_ROUNDS && !ticker_is_stopping(ticker); i++) {
        if (store_purge(housekeeping->handle, &limits, &more) != RESULT_OK) {
            return;
        }
    }
}

static void tend_lists(struct housekeeping *housekeeping, struct ticker *ticker)
{
    bool more = true;
    bool worked = false;

    while (more && !ticker_is_stopping(ticker)) {
        if (store_user_list_tend(housekeeping->handle, STORE_TEND_CHANGES, &more) != RESULT_OK) {
            return;
        }
        worked = worked || more;
    }
    if (worked) {
        malloc_trim(0); /* it took some 20 MiB, and will not soon again */
    }
}

static void purge_users(struct housekeeping *housekeeping, struct ticker *ticker)
{
    bool more = true;

    for (int i = 0; more && i < PURGE_ROUNDS && !ticker_is_stopping(ticker); i++) {
        more = user_expiry_run(housekeeping->service, housekeeping->handle);
    }
}

static void turn(struct ticker *ticker, void *context)
{
    struct housekeeping *housekeeping = context;
    struct service *service = housekeeping->service;

    hashing_memory_trim(service, housekeeping->hash_idle_us);
    if (housekeeping->handle == NULL) {
        housekeeping->handle = store_handle_open(service->store);
    }
    if (housekeeping->handle == NULL) {
        return;
    }
    tend_lists(housekeeping, ticker);
    housekeeping->turns++;
    if (housekeeping->turns % TURNS != 0) {
        return;
    }
    purge(housekeeping, ticker);
    purge_users(housekeeping, ticker);
    if (!ticker_is_stopping(ticker) &&
        decoy_load(service->decoy, housekeeping->handle) != RESULT_OK) {
        log_event(service->options.log, LOG_WARNING, "decoy_not_loaded", NULL, 0);
    }
}

struct housekeeping *housekeeping_start(struct service *service, int64_t period_ms)
{
    struct housekeeping *housekeeping = calloc(1, sizeof(*housekeeping));

    if (housekeeping == NULL) {
        return NULL;
    }
    housekeeping->service = service;
    housekeeping->hash_idle_us = period_ms * US_PER_MS / 2;
    housekeeping->ticker =
        ticker_start(period_ms > TURNS ? period_ms / TURNS : 1, turn, housekeeping);
    if (housekeeping->ticker == NULL) {
        free(housekeeping);
        return NULL;
    }
    return housekeeping;
}

void housekeeping_stop(struct housekeeping *housekeeping)
{
    if (housekeeping == NULL) {
        return;
    }
    ticker_stop(housekeeping->ticker);
    if (housekeeping->handle != NULL) {
        store_handle_close(housekeeping->handle);
    }
    free(housekeeping);
}
