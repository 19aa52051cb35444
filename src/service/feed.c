#include "service/feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/ticker.h"
#include "service/outages.h"
#include "service/service_state.h"

#define US_PER_SECOND INT64_C(1000000)
/* Four reads that were not good: the database is away, not only slow. */
#define OUTAGE_US US_PER_SECOND

struct feed {
    struct service *service;
    struct feed_state state;
    _Atomic int64_t good_us; /* when the last good read began; 0: there was none */
    struct outages outages;

    /* One reader at a time, so that nothing older is applied after something newer. Guards what
     * follows. */
    pthread_mutex_t reading;
    struct change_cursor cursor;
    struct arena arena;
    bool roles_due; /* a change was read, but not yet what it is about */
    bool keys_due;
    bool missed;      /* a change could not be remembered */
    int64_t began_us; /* when the last read began */
    enum result last; /* what came of it */

    struct ticker *ticker; /* NULL: not started */
    /* Its thread's. */
    struct store_handle *handle;
    bool was_fresh;
};

struct feed *feed_new(struct service *service)
{
    struct feed *feed = calloc(1, sizeof(*feed));

    if (feed == NULL) {
        return NULL;
    }
    if (!feed_state_init(&feed->state)) {
        free(feed);
        return NULL;
    }
    feed->service = service;
    feed->roles_due = true;
    outages_init(&feed->outages);
    arena_init(&feed->arena, 0);
    pthread_mutex_init(&feed->reading, NULL);
    return feed;
}

struct feed_state *feed_get_state(struct feed *feed)
{
    return &feed->state;
}

static bool remember(struct feed *feed, const struct change *change)
{
    int64_t until_ms = change->at_ms + service_token_reach_ms(feed->service);

    switch (change->kind) {
    case CHANGE_SESSION_ENDED:
        return feed_state_end_session(&feed->state, &change->subject, until_ms);
    case CHANGE_USER:
        return feed_state_set_user(&feed->state, change, until_ms);
    case CHANGE_ROLE:
        feed->roles_due = true;
        return true;
    case CHANGE_KEY:
        feed->keys_due = true;
        return true;
    }
    return true;
}

/* False when out of memory: the cursor stays, the change is read again, and the read was no good
 * one. */
static bool apply(void *context, const struct change *change)
{
    struct feed *feed = context;

    feed->missed = !remember(feed, change);
    return !feed->missed;
}

static enum result load_roles(struct feed *feed, struct store_handle *handle)
{
    const struct role *roles;
    struct role_table *table;
    size_t count;
    enum result result = store_role_list(handle, &feed->arena, &roles, &count);

    if (result != RESULT_OK) {
        return result;
    }
    table = role_table_new(roles, count);
    if (table == NULL) {
        return RESULT_INTERNAL;
    }
    feed_state_take_roles(&feed->state, table);
    feed->roles_due = false;
    return RESULT_OK;
}

static enum result load_keys(struct feed *feed, struct store_handle *handle, int64_t now_ms)
{
    enum result result = key_rings_load(feed->service->rings, handle, now_ms);

    if (result == RESULT_OK) {
        feed->keys_due = false;
    }
    return result;
}

/* Under the reading mutex. */
static enum result read_changes(struct feed *feed, struct store_handle *handle)
{
    int64_t now_ms = clock_now_ms(&feed->service->options.clock);
    int64_t since_ms = now_ms - service_token_reach_ms(feed->service);
    enum result result;

    arena_reset(&feed->arena);
    feed->missed = false;
    result = store_changes_read(handle, &feed->cursor, since_ms, &feed->arena, apply, feed);
    if (result == RESULT_OK && feed->missed) {
        result = RESULT_INTERNAL;
    }
    if (result == RESULT_OK && feed->roles_due) {
        result = load_roles(feed, handle);
    }
    if (result == RESULT_OK && (feed->keys_due || key_rings_is_due(feed->service->rings, now_ms))) {
        result = load_keys(feed, handle, now_ms);
    }
    return result;
}

/* Under the reading mutex. */
static void note_good_read(struct feed *feed)
{
    int64_t before_us = atomic_load(&feed->good_us);

    if (before_us != 0 && feed->began_us - before_us > OUTAGE_US) {
        outages_note(&feed->outages, before_us, feed->began_us);
    }
    atomic_store(&feed->good_us, feed->began_us);
}

enum result feed_load(struct feed *feed, struct store_handle *handle)
{
    int64_t asked_us = clock_monotonic_us();
    enum result result;

    pthread_mutex_lock(&feed->reading);
    /* What began since then saw all that this one would see. So those who waited share one read,
       and an outage costs all of them together no more than two waits for the database. */
    if (feed->began_us <= asked_us) {
        /* Not before: the wait for another's read is no reason to count this one as older. */
        feed->began_us = clock_monotonic_us();
        feed->last = read_changes(feed, handle);
    }
    result = feed->last;
    if (result == RESULT_OK) {
        note_good_read(feed);
    }
    pthread_mutex_unlock(&feed->reading);
    return result;
}

void feed_sync(struct service_call *call)
{
    if (feed_load(call->service->feed, call->store) != RESULT_OK) {
        log_event(call->service->options.log, LOG_WARNING, "feed_not_read", NULL, 0);
    }
}

bool feed_is_fresh(const struct feed *feed, int64_t now_us)
{
    return now_us - atomic_load_explicit(&feed->good_us, memory_order_relaxed) <=
           SERVICE_STALE_AFTER_S * US_PER_SECOND;
}

int64_t feed_stretch_ms(struct feed *feed, int64_t window_ms, int64_t now_us)
{
    int64_t good_us = atomic_load(&feed->good_us);
    int64_t since_us = good_us != 0 && now_us - good_us > OUTAGE_US ? good_us : 0;

    return outages_stretch_ms(&feed->outages, window_ms, since_us, now_us);
}

static void report(struct feed *feed, int64_t now_us)
{
    bool fresh = feed_is_fresh(feed, now_us);
    int64_t lag_us = now_us - atomic_load(&feed->good_us);

    metrics_set(feed->service->metrics.feed_lag, lag_us / 1000);
    if (fresh != feed->was_fresh) {
        log_message(feed->service->options.log, fresh ? LOG_INFO : LOG_ERROR,
                    fresh ? "feed_fresh" : "feed_stale",
                    fresh ? "The change feed is read again"
                          : "The change feed cannot be read: protected calls answer 503");
    }
    feed->was_fresh = fresh;
}

static void turn(struct ticker *ticker, void *context)
{
    struct feed *feed = context;

    if (feed->handle == NULL) {
        feed->handle = store_handle_open(feed->service->store);
    }
    if (feed->handle != NULL && feed_load(feed, feed->handle) == RESULT_OK) {
        feed_state_prune(&feed->state, clock_now_ms(&feed->service->options.clock));
        ticker_wake_on(ticker, store_changes_descriptor(feed->handle));
    }
    report(feed, clock_monotonic_us());
}

bool feed_start(struct feed *feed, struct store_handle *handle)
{
    feed->handle = handle;
    feed->was_fresh = true;
    feed->ticker = ticker_start(FEED_PERIOD_MS, turn, feed);
    return feed->ticker != NULL;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL) {
        return;
    }
    ticker_stop(feed->ticker);
    if (feed->handle != NULL) {
        store_handle_close(feed->handle);
    }
    pthread_mutex_destroy(&feed->reading);
    outages_clear(&feed->outages);
    arena_clear(&feed->arena);
    feed_state_clear(&feed->state);
    free(feed);
}
