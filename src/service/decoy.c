#include "service/decoy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/view.h"
#include "crypto/digest.h"

#define SAMPLE_USERS 1000

struct kind {
    char hash[PASSWORD_HASH_SIZE];
    uint64_t weight;
};

struct decoy {
    struct password_params today;
    struct secret secret;
    pthread_mutex_t mutex; /* guards what follows */
    struct kind kinds[STORE_HASH_KINDS_MAX];
    size_t count; /* at least one */
};

struct decoy *decoy_new(const struct password_params *today, const struct secret *secret)
{
    struct decoy *decoy = calloc(1, sizeof(*decoy));

    if (decoy == NULL) {
        return NULL;
    }
    decoy->today = *today;
    decoy->count = 1;
    decoy->kinds[0].weight = 1;
    digest_derive(secret, "decoy", (struct view){NULL, 0}, &decoy->secret);
    pthread_mutex_init(&decoy->mutex, NULL);
    if (password_hash_decoy(today, (struct view){NULL, 0}, decoy->kinds[0].hash)) {
        return decoy;
    }
    decoy_free(decoy);
    return NULL;
}

void decoy_free(struct decoy *decoy)
{
    if (decoy == NULL) {
        return;
    }
    pthread_mutex_destroy(&decoy->mutex);
    secret_wipe(&decoy->secret);
    free(decoy);
}

enum result decoy_load(struct decoy *decoy, struct store_handle *handle)
{
    struct store_hash_kind stored[STORE_HASH_KINDS_MAX];
    struct kind kinds[STORE_HASH_KINDS_MAX];
    struct arena arena CLEANUP(arena_clear);
    size_t stored_count;
    size_t count = 0;
    enum result result;

    arena_init(&arena, 0);
    result = store_hash_kinds(handle, SAMPLE_USERS, &arena, stored, &stored_count);
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; i < stored_count; i++) {
        if (stored[i].count <= 0 || !password_hash_is_taken(stored[i].sample) ||
            !password_hash_decoy(&decoy->today, stored[i].sample, kinds[count].hash)) {
            continue;
        }
        kinds[count++].weight = (uint64_t)stored[i].count;
    }
    if (count > 0) {
        pthread_mutex_lock(&decoy->mutex);
        memcpy(decoy->kinds, kinds, count * sizeof(kinds[0]));
        decoy->count = count;
        pthread_mutex_unlock(&decoy->mutex);
    }
    arena_reset(&arena);
    return RESULT_OK;
}

/* point: where in the line of all weights. */
static const struct kind *kind_at(const struct decoy *decoy, uint64_t point)
{
    size_t i = 0;

    while (i + 1 < decoy->count && point >= decoy->kinds[i].weight) {
        point -= decoy->kinds[i++].weight;
    }
    return &decoy->kinds[i];
}

void decoy_pick(struct decoy *decoy, struct view name, char out[PASSWORD_HASH_SIZE])
{
    uint8_t digest[DIGEST_BYTES];
    uint64_t total = 0;
    uint64_t number;

    digest_hmac_sha256(view_make(decoy->secret.bytes, SECRET_BYTES), name, digest);
    memcpy(&number, digest, sizeof(number));
    pthread_mutex_lock(&decoy->mutex);
    for (size_t i = 0; i < decoy->count; i++) {
        total += decoy->kinds[i].weight;
    }
    memcpy(out, kind_at(decoy, number % total)->hash, PASSWORD_HASH_SIZE);
    pthread_mutex_unlock(&decoy->mutex);
}
