#include "service/token_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS 64
#define ENTRIES 64          /* a shard */
#define ROLE_TEXT_BYTES 256 /* role names of one token; more is not cached */

struct entry {
    uint8_t digest[DIGEST_BYTES];
    struct id user_id;
    struct id session_id;
    int64_t expires_s;
    const struct keyring *ring; /* NULL: empty */
    uint64_t generation;
    uint8_t role_count;
    uint8_t role_lengths[USER_ROLES_MAX];
    char role_text[ROLE_TEXT_BYTES];
};

struct shard {
    pthread_mutex_t mutex;
    struct entry *entries; /* NULL until the first is remembered */
};

struct token_cache {
    struct shard shards[SHARDS];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = calloc(1, sizeof(*cache));

    for (size_t i = 0; cache != NULL && i < SHARDS; i++) {
        pthread_mutex_init(&cache->shards[i].mutex, NULL);
    }
    return cache;
}

void token_cache_free(struct token_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&cache->shards[i].mutex);
        free(cache->shards[i].entries);
    }
    free(cache);
}

/* A digest's bytes are as good as random. */
static struct shard *shard_of(struct token_cache *cache, const uint8_t *digest)
{
    return &cache->shards[digest[0] % SHARDS];
}

static struct entry *entry_of(const struct shard *shard, const uint8_t *digest)
{
    return &shard->entries[digest[1] % ENTRIES];
}

static bool read_entry(const struct entry *entry, struct arena *arena, struct token_facts *out)
{
    struct principal *principal = &out->principal;
    size_t len = 0;
    char *text;

    for (size_t i = 0; i < entry->role_count; i++) {
        len += entry->role_lengths[i];
    }
    text = arena_take(arena, len + 1);
    if (text == NULL) {
        return false;
    }
    memcpy(text, entry->role_text, len);
    principal->user_id = entry->user_id;
    principal->session_id = entry->session_id;
    principal->system = false;
    principal->session_ended = false;
    principal->expires_s = entry->expires_s;
    principal->role_count = entry->role_count;
    for (size_t i = 0; i < entry->role_count; i++) {
        principal->roles[i] = view_make(text, entry->role_lengths[i]);
        text += entry->role_lengths[i];
    }
    out->ring = entry->ring;
    principal->generation = entry->generation;
    return true;
}

bool token_cache_get(struct token_cache *cache, const uint8_t digest[DIGEST_BYTES],
                     struct arena *arena, struct token_facts *out)
{
    struct shard *shard = shard_of(cache, digest);
    bool found = false;

    pthread_mutex_lock(&shard->mutex);
    if (shard->entries != NULL) {
        const struct entry *entry = entry_of(shard, digest);

        found = entry->ring != NULL && memcmp(entry->digest, digest, DIGEST_BYTES) == 0 &&
                read_entry(entry, arena, out);
    }
    pthread_mutex_unlock(&shard->mutex);
    return found;
}

/* False when it does not fit. */
static bool write_entry(struct entry *entry, const uint8_t *digest, const struct token_facts *facts)
{
    const struct principal *principal = &facts->principal;
    size_t len = 0;

    for (size_t i = 0; i < principal->role_count; i++) {
        struct view name = principal->roles[i];

        if (name.len > ROLE_NAME_MAX_BYTES || name.len > ROLE_TEXT_BYTES - len) {
            return false;
        }
        if (name.len > 0) {
            memcpy(entry->role_text + len, name.at, name.len);
        }
        entry->role_lengths[i] = (uint8_t)name.len;
        len += name.len;
    }
    memcpy(entry->digest, digest, DIGEST_BYTES);
    entry->user_id = principal->user_id;
    entry->session_id = principal->session_id;
    entry->expires_s = principal->expires_s;
    entry->role_count = (uint8_t)principal->role_count;
    entry->generation = principal->generation;
    entry->ring = facts->ring;
    return true;
}

void token_cache_put(struct token_cache *cache, const uint8_t digest[DIGEST_BYTES],
                     const struct token_facts *facts)
{
    struct shard *shard = shard_of(cache, digest);

    pthread_mutex_lock(&shard->mutex);
    if (shard->entries == NULL) {
        shard->entries = calloc(ENTRIES, sizeof(struct entry));
    }
    if (shard->entries != NULL) {
        struct entry *entry = entry_of(shard, digest);

        entry->ring = NULL;
        if (!write_entry(entry, digest, facts)) {
            entry->ring = NULL;
        }
    }
    pthread_mutex_unlock(&shard->mutex);
}
