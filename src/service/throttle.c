#include "service/throttle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/network.h"
#include "crypto/digest.h"

#define WAYS 8     /* buckets an address may be in */
#define SETS 2048  /* 16,384 buckets in all: the memory there will ever be */
#define SHARDS 64  /* locks */
#define MILLI 1000 /* of a token */

/* How much one address may: a burst, and how long one more takes to be granted. What succeeds is
   given back for log-in and refresh (throttle_return), so these are limits on failures; a changed
   password is not: who knows theirs could change it without end, at the price of two hashes. */
static const struct {
    int64_t burst;
    int64_t refill_ms; /* for one */
} classes[THROTTLE_CLASSES] = {
    [THROTTLE_LOGIN] = {100, 500},           [THROTTLE_SIGNUP] = {200, 200},
    [THROTTLE_REFRESH] = {300, 20},          [THROTTLE_PASSWORD] = {10, 5000},
    [THROTTLE_CLIENT] = {20, 3000},          [THROTTLE_AUDIT] = {600, 1000},
    [THROTTLE_AUDIT_FAILURES] = {5000, 100},
};

struct bucket {
    uint64_t key;  /* 0: empty */
    int64_t at_ms; /* when milli was right */
    uint32_t milli;
    uint32_t class;
};

/* An address with calls under way. */
struct guest {
    uint64_t key; /* 0: empty */
    unsigned count;
};

struct throttle {
    struct secret secret; /* nobody can choose addresses that fall into one set */
    /* When one of the class was last taken: so long after it that all buckets are full again, there
       is nothing to look up. */
    _Atomic int64_t taken_ms[THROTTLE_CLASSES];
    pthread_mutex_t locks[SHARDS];
    struct bucket buckets[SETS][WAYS];
    struct guest guests[SETS][WAYS];
};

struct throttle *throttle_new(void)
{
    struct throttle *throttle = calloc(1, sizeof(*throttle));

    if (throttle == NULL) {
        return NULL;
    }
    secret_random(&throttle->secret);
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&throttle->locks[i], NULL);
    }
    return throttle;
}

void throttle_free(struct throttle *throttle)
{
    if (throttle == NULL) {
        return;
    }
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&throttle->locks[i]);
    }
    secret_wipe(&throttle->secret);
    free(throttle);
}

static uint64_t key_of(const struct throttle *throttle, enum throttle_class class,
                       struct view address)
{
    char room[NETWORK_SIZE];
    struct view network = network_of(address, room);
    uint8_t text[1 + NETWORK_SIZE] = {(uint8_t) class};
    uint8_t digest[DIGEST_BYTES];
    uint64_t key;

    if (network.len > 0) {
        memcpy(text + 1, network.at, network.len);
    }
    digest_hmac_sha256(view_make(throttle->secret.bytes, SECRET_BYTES),
                       view_make(text, 1 + network.len), digest);
    memcpy(&key, digest, sizeof(key));
    return key != 0 ? key : 1;
}

/* Thousandths of tokens in the bucket now. Time that stands still or goes back adds nothing. */
static int64_t fill_of(const struct bucket *bucket, int64_t now_ms)
{
    int64_t burst = classes[bucket->class].burst;
    int64_t refill_ms = classes[bucket->class].refill_ms;
    int64_t gone_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
    int64_t fill;

    if (gone_ms >= burst * refill_ms) {
        return burst * MILLI;
    }
    fill = bucket->milli + gone_ms * MILLI / refill_ms;
    return fill < burst * MILLI ? fill : burst * MILLI;
}

static void set_fill(struct bucket *bucket, int64_t fill, int64_t now_ms)
{
    bucket->milli = (uint32_t)fill;
    bucket->at_ms = now_ms;
}

static struct bucket *find(struct bucket set[WAYS], uint64_t key)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            return &set[i];
        }
    }
    return NULL;
}

/* An empty bucket, or the one whose loss forgives least: the fullest for its class. */
static struct bucket *replace(struct bucket set[WAYS], uint64_t key, enum throttle_class class,
                              int64_t now_ms)
{
    struct bucket *best = &set[0];
    int64_t best_missing = INT64_MAX;

    for (size_t i = 0; i < WAYS; i++) {
        int64_t missing = 0;

        if (set[i].key != 0) {
            missing = MILLI - fill_of(&set[i], now_ms) / classes[set[i].class].burst;
        }
        if (missing < best_missing) {
            best = &set[i];
            best_missing = missing;
        }
    }
    *best = (struct bucket){.key = key, .class = class, .at_ms = now_ms};
    best->milli = (uint32_t)(classes[class].burst * MILLI);
    return best;
}

/* Seconds until there is a token; 0: there is one. */
static int64_t wait_of(const struct bucket *bucket, int64_t now_ms)
{
    int64_t missing = MILLI - fill_of(bucket, now_ms);
    int64_t wait_ms;

    if (missing <= 0) {
        return 0;
    }
    wait_ms = (missing * classes[bucket->class].refill_ms + MILLI - 1) / MILLI;
    return (wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;
}

static int64_t take(struct bucket *bucket, int64_t now_ms)
{
    int64_t wait_s = wait_of(bucket, now_ms);

    if (wait_s == 0) {
        set_fill(bucket, fill_of(bucket, now_ms) - MILLI, now_ms);
    }
    return wait_s;
}

int64_t throttle_take(struct throttle *throttle, enum throttle_class class, struct view address,
                      int64_t now_ms)
{
    struct bucket *set;
    struct bucket *bucket;
    uint64_t key;
    int64_t wait_s;

    if (throttle == NULL) {
        return 0;
    }
    key = key_of(throttle, class, address);
    set = throttle->buckets[key % SETS];
    pthread_mutex_lock(&throttle->locks[key % SHARDS]);
    bucket = find(set, key);
    if (bucket == NULL) {
        bucket = replace(set, key, class, now_ms);
    }
    wait_s = take(bucket, now_ms);
    atomic_store_explicit(&throttle->taken_ms[class], now_ms, memory_order_relaxed);
    pthread_mutex_unlock(&throttle->locks[key % SHARDS]);
    return wait_s;
}

static bool is_in_use(struct throttle *throttle, enum throttle_class class, int64_t now_ms)
{
    int64_t taken_ms = atomic_load_explicit(&throttle->taken_ms[class], memory_order_relaxed);

    return taken_ms != 0 && now_ms < taken_ms + classes[class].burst * classes[class].refill_ms;
}

int64_t throttle_wait(struct throttle *throttle, enum throttle_class class, struct view address,
                      int64_t now_ms)
{
    const struct bucket *bucket;
    uint64_t key;
    int64_t wait_s;

    if (throttle == NULL || !is_in_use(throttle, class, now_ms)) {
        return 0;
    }
    key = key_of(throttle, class, address);
    pthread_mutex_lock(&throttle->locks[key % SHARDS]);
    bucket = find(throttle->buckets[key % SETS], key);
    wait_s = bucket != NULL ? wait_of(bucket, now_ms) : 0;
    pthread_mutex_unlock(&throttle->locks[key % SHARDS]);
    return wait_s;
}

void throttle_return(struct throttle *throttle, enum throttle_class class, struct view address,
                     int64_t now_ms)
{
    struct bucket *bucket;
    uint64_t key;

    if (throttle == NULL) {
        return;
    }
    key = key_of(throttle, class, address);
    pthread_mutex_lock(&throttle->locks[key % SHARDS]);
    bucket = find(throttle->buckets[key % SETS], key);
    if (bucket != NULL) {
        int64_t full = classes[class].burst * MILLI;
        int64_t fill = fill_of(bucket, now_ms) + MILLI;

        set_fill(bucket, fill < full ? fill : full, now_ms);
    }
    pthread_mutex_unlock(&throttle->locks[key % SHARDS]);
}

/* --- calls under way -------------------------------------------------------------------------- */

/* Of no class: all calls of an address count together. */
#define GUEST THROTTLE_CLASSES

/* The address's own place, or an empty one; NULL when others have taken all of the set. */
static struct guest *find_guest(struct guest set[WAYS], uint64_t key)
{
    struct guest *empty = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            return &set[i];
        }
        if (set[i].key == 0 && empty == NULL) {
            empty = &set[i];
        }
    }
    return empty;
}

bool throttle_enter(struct throttle *throttle, enum throttle_share share, struct view address,
                    unsigned most)
{
    struct guest *guest;
    uint64_t key;
    bool entered;

    if (throttle == NULL) {
        return true;
    }
    key = key_of(throttle, GUEST + (int)share, address);
    pthread_mutex_lock(&throttle->locks[key % SHARDS]);
    guest = find_guest(throttle->guests[key % SETS], key);
    entered = guest != NULL && guest->count < most;
    if (entered) {
        guest->key = key;
        guest->count++;
    }
    pthread_mutex_unlock(&throttle->locks[key % SHARDS]);
    return entered;
}

void throttle_leave(struct throttle *throttle, enum throttle_share share, struct view address)
{
    struct guest *guest;
    uint64_t key;

    if (throttle == NULL) {
        return;
    }
    key = key_of(throttle, GUEST + (int)share, address);
    pthread_mutex_lock(&throttle->locks[key % SHARDS]);
    guest = find_guest(throttle->guests[key % SETS], key);
    if (guest != NULL && guest->key == key && --guest->count == 0) {
        guest->key = 0;
    }
    pthread_mutex_unlock(&throttle->locks[key % SHARDS]);
}
