#include "service/key_rings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/builder.h"
#include "crypto/digest.h"

#define LIST_MAX_BYTES ((size_t)16 * 1024) /* of the ids of the keys of one ring */

struct published {
    struct keyring *ring;
    struct published *older;
};

struct key_rings {
    struct key_rings_options options;
    _Atomic(const struct keyring *) current;
    pthread_mutex_t mutex; /* guards what follows */
    struct published *published;
    uint8_t fingerprint[DIGEST_BYTES]; /* of the current ring: which keys, which one signs */
    int64_t due_ms;                    /* 0: never */
};

struct key_rings *key_rings_new(const struct key_rings_options *options)
{
    struct key_rings *rings = calloc(1, sizeof(*rings));

    if (rings == NULL) {
        return NULL;
    }
    rings->options = *options;
    pthread_mutex_init(&rings->mutex, NULL);
    return rings;
}

void key_rings_free(struct key_rings *rings)
{
    if (rings == NULL) {
        return;
    }
    for (struct published *p = rings->published, *older; p != NULL; p = older) {
        older = p->older;
        keyring_free(p->ring);
        free(p);
    }
    pthread_mutex_destroy(&rings->mutex);
    free(rings);
}

const struct keyring *key_rings_current(const struct key_rings *rings)
{
    return atomic_load_explicit(&rings->current, memory_order_acquire);
}

bool key_rings_is_due(struct key_rings *rings, int64_t now_ms)
{
    bool due;

    pthread_mutex_lock(&rings->mutex);
    due = rings->due_ms != 0 && rings->due_ms <= now_ms;
    pthread_mutex_unlock(&rings->mutex);
    return due;
}

bool key_rings_is_open(const struct stored_key *key, int64_t now_ms)
{
    return key->retired_ms == 0 || key->retired_ms > now_ms;
}

/* True when a should sign rather than b. */
static bool is_better_signer(const struct stored_key *a, const struct stored_key *b, int64_t now_ms)
{
    bool a_began = a->signs_from_ms <= now_ms;
    bool b_began = b->signs_from_ms <= now_ms;

    if (a_began != b_began) {
        return a_began;
    }
    return a_began ? a->signs_from_ms > b->signs_from_ms : a->signs_from_ms < b->signs_from_ms;
}

long key_rings_signer(const struct stored_key *keys, size_t count, enum signing_algorithm algorithm,
                      int64_t now_ms)
{
    long best = -1;

    for (size_t i = 0; i < count; i++) {
        if (!key_rings_is_open(&keys[i], now_ms) ||
            signing_algorithm_of(keys[i].algorithm) != algorithm) {
            continue;
        }
        if (best < 0 || is_better_signer(&keys[i], &keys[best], now_ms)) {
            best = (long)i;
        }
    }
    return best;
}

/* The next instant at which the ring will be another one. */
static int64_t next_due_ms(const struct stored_key *keys, size_t count, int64_t now_ms)
{
    int64_t due_ms = 0;

    for (size_t i = 0; i < count; i++) {
        const int64_t instants[] = {keys[i].signs_from_ms, keys[i].retired_ms};

        for (size_t j = 0; j < ARRAY_LEN(instants); j++) {
            if (instants[j] > now_ms && (due_ms == 0 || instants[j] < due_ms)) {
                due_ms = instants[j];
            }
        }
    }
    return due_ms;
}

static bool add_stored(const struct key_rings *rings, struct keyring *ring,
                       const struct stored_key *stored, bool signs)
{
    struct signing_key *key =
        signing_key_import(signing_algorithm_of(stored->algorithm), stored->material);
    struct log_field field = LOG_FIELD_TEXT("key_id", stored->key_id);

    if (key != NULL && keyring_take(ring, key, signs)) {
        return true;
    }
    log_event(rings->options.log, LOG_ERROR, "key_unusable", &field, 1);
    return false;
}

static bool add_configured(const struct key_rings *rings, struct keyring *ring)
{
    struct signing_key *key = signing_key_of_secret(rings->options.secret);

    return key != NULL && keyring_take(ring, key, true);
}

/* The signer first and then the newest, so that a full ring lacks the oldest. signer < 0: none of
 * the stored. */
static struct keyring *build(const struct key_rings *rings, const struct stored_key *keys,
                             size_t count, long signer, int64_t now_ms)
{
    struct keyring *ring = keyring_new();
    bool ok = ring != NULL;

    if (ok && !view_is_empty(rings->options.secret)) {
        ok = add_configured(rings, ring);
    }
    if (ok && signer >= 0) {
        ok = add_stored(rings, ring, &keys[signer], true);
    }
    for (size_t i = count; ok && i-- > 0;) {
        if ((long)i == signer || !key_rings_is_open(&keys[i], now_ms) ||
            keyring_count(ring) >= KEYRING_MAX_KEYS) {
            continue;
        }
        /* One bad old key must not stop the others; it is in the log. */
        (void)add_stored(rings, ring, &keys[i], false);
    }
    if (ok) {
        return ring;
    }
    keyring_free(ring);
    return NULL;
}

static bool make_fingerprint(const struct stored_key *keys, size_t count, long signer,
                             int64_t now_ms, struct arena *arena, uint8_t out[DIGEST_BYTES])
{
    struct builder list;
    struct view text;

    builder_init(&list, arena, LIST_MAX_BYTES);
    builder_int(&list, signer);
    for (size_t i = 0; i < count; i++) {
        if (!key_rings_is_open(&keys[i], now_ms)) {
            continue;
        }
        builder_char(&list, ' ');
        builder_add(&list, keys[i].key_id);
    }
    if (!builder_end(&list, &text)) {
        return false;
    }
    digest_sha256(text, out);
    return true;
}

/* Takes the ring. */
static bool publish(struct key_rings *rings, struct keyring *ring)
{
    struct published *published = calloc(1, sizeof(*published));

    if (published == NULL) {
        keyring_free(ring);
        return false;
    }
    *published = (struct published){.ring = ring, .older = rings->published};
    rings->published = published;
    atomic_store_explicit(&rings->current, ring, memory_order_release);
    metrics_set(rings->options.count, (int64_t)keyring_count(ring));
    return true;
}

static enum result load(struct key_rings *rings, const struct stored_key *keys, size_t count,
                        int64_t now_ms, struct arena *arena)
{
    long signer = view_is_empty(rings->options.secret)
                      ? key_rings_signer(keys, count, rings->options.algorithm, now_ms)
                      : -1;
    uint8_t fingerprint[DIGEST_BYTES];
    struct keyring *ring;

    if (!make_fingerprint(keys, count, signer, now_ms, arena, fingerprint)) {
        return RESULT_INTERNAL;
    }
    if (rings->published == NULL || memcmp(fingerprint, rings->fingerprint, DIGEST_BYTES) != 0) {
        ring = build(rings, keys, count, signer, now_ms);
        if (ring == NULL || !publish(rings, ring)) {
            return RESULT_INTERNAL;
        }
        memcpy(rings->fingerprint, fingerprint, DIGEST_BYTES);
    }
    rings->due_ms = next_due_ms(keys, count, now_ms);
    return RESULT_OK;
}

enum result key_rings_load(struct key_rings *rings, struct store_handle *handle, int64_t now_ms)
{
    const struct stored_key *keys;
    struct arena arena CLEANUP(arena_clear);
    enum result result;
    size_t count;

    arena_init(&arena, 0);
    pthread_mutex_lock(&rings->mutex);
    result = store_key_list(handle, &arena, &keys, &count);
    if (result == RESULT_OK) {
        result = load(rings, keys, count, now_ms, &arena);
    }
    pthread_mutex_unlock(&rings->mutex);
    arena_reset(&arena); /* wipes the keys */
    return result;
}
