#include "service/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "model/limits.h"

#define WAYS 8              /* buckets an address may be in */
#define SETS 2048           /* 16,384 buckets in all: the memory there will ever be */
#define SHARDS 64           /* locks */
#define MILLI 1000          /* of a token */
#define IPV6_PREFIX_BYTES 8 /* what one customer gets */
#define MAPPED_IPV4_AT 12

/* How much one address may: a burst, and a rate that fills it up again. What succeeds is given back
   for log-in and refresh (throttle_return), so these are limits on failures. */
static const struct {
    int64_t burst;
    int64_t per_second;
} classes[THROTTLE_CLASSES] = {
    [THROTTLE_LOGIN] = {100, 2},
    [THROTTLE_SIGNUP] = {200, 5},
    [THROTTLE_REFRESH] = {300, 50},
};

struct bucket {
    uint64_t key;  /* 0: empty */
    int64_t at_ms; /* when milli was right */
    uint32_t milli;
    uint32_t class;
};

struct throttle {
    struct secret secret; /* nobody can choose addresses that fall into one set */
    pthread_mutex_t locks[SHARDS];
    struct bucket buckets[SETS][WAYS];
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

/* What counts as one client: an IPv4 address, also a mapped one; the /64 of an IPv6 address; else
 * the text as it is. */
static size_t network_of(struct view address, uint8_t out[ADDRESS_MAX_BYTES])
{
    char text[ADDRESS_MAX_BYTES + 1] = {0};
    struct in6_addr v6;
    size_t len = address.len < ADDRESS_MAX_BYTES ? address.len : ADDRESS_MAX_BYTES;

    if (len > 0) {
        memcpy(text, address.at, len);
    }
    if (inet_pton(AF_INET, text, out) == 1) {
        return sizeof(struct in_addr);
    }
    if (inet_pton(AF_INET6, text, &v6) != 1) {
        memcpy(out, text, len);
        return len;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        memcpy(out, v6.s6_addr + MAPPED_IPV4_AT, sizeof(struct in_addr));
        return sizeof(struct in_addr);
    }
    memcpy(out, v6.s6_addr, IPV6_PREFIX_BYTES);
    return IPV6_PREFIX_BYTES;
}

static uint64_t key_of(const struct throttle *throttle, enum throttle_class class,
                       struct view address)
{
    uint8_t text[1 + ADDRESS_MAX_BYTES] = {(uint8_t) class};
    uint8_t digest[DIGEST_BYTES];
    size_t len = network_of(address, text + 1);
    uint64_t key;

    digest_hmac_sha256(view_make(throttle->secret.bytes, SECRET_BYTES), view_make(text, 1 + len),
                       digest);
    memcpy(&key, digest, sizeof(key));
    return key != 0 ? key : 1;
}

/* Thousandths of tokens in the bucket now. Time that stands still or goes back adds nothing. */
static int64_t fill_of(const struct bucket *bucket, int64_t now_ms)
{
    int64_t full = classes[bucket->class].burst * MILLI;
    int64_t gone_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
    int64_t fill;

    if (gone_ms >= full) {
        return full;
    }
    fill = bucket->milli + gone_ms * classes[bucket->class].per_second;
    return fill < full ? fill : full;
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

static int64_t take(struct bucket *bucket, int64_t now_ms)
{
    int64_t rate = classes[bucket->class].per_second;
    int64_t fill = fill_of(bucket, now_ms);

    if (fill < MILLI) {
        return (MILLI - fill + rate * MILLI - 1) / (rate * MILLI);
    }
    set_fill(bucket, fill - MILLI, now_ms);
    return 0;
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
