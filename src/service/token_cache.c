#include "service/token_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS 64
#define ENTRIES 64     /* a shard */
#define TEXT_BYTES 320 /* of one token: role names, client and token id; more is not cached */

struct entry {
    uint8_t digest[DIGEST_BYTES];
    struct id user_id;
    struct id session_id;
    int64_t issued_s;
    int64_t expires_s;
    const struct keyring *ring; /* NULL: empty */
    uint64_t generation;
    uint8_t role_count;
    uint8_t role_lengths[USER_ROLES_MAX];
    uint8_t client_id_length;
    uint8_t token_id_length;
    uint16_t text_length;
    char text[TEXT_BYTES]; /* the role names, the client's id, the token's */
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

static struct view next_text(const char **text, size_t len)
{
    struct view next = view_make(*text, len);

    *text += len;
    return next;
}

static bool read_entry(const struct entry *entry, struct arena *arena, struct token_facts *out)
{
    struct principal *principal = &out->token.principal;
    const char *text = arena_copy(arena, view_make(entry->text, entry->text_length));

    if (text == NULL) {
        return false;
    }
    principal->user_id = entry->user_id;
    principal->session_id = entry->session_id;
    principal->system = false;
    principal->session_ended = false;
    principal->expires_s = entry->expires_s;
    principal->role_count = entry->role_count;
    for (size_t i = 0; i < entry->role_count; i++) {
        principal->roles[i] = next_text(&text, entry->role_lengths[i]);
    }
    principal->generation = entry->generation;
    out->token.client_id = next_text(&text, entry->client_id_length);
    out->token.token_id = next_text(&text, entry->token_id_length);
    out->token.issued_s = entry->issued_s;
    out->ring = entry->ring;
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
static bool add_text(struct entry *entry, struct view text, size_t max, uint8_t *length)
{
    if (text.len > max || text.len > TEXT_BYTES - (size_t)entry->text_length) {
        return false;
    }
    if (text.len > 0) {
        memcpy(entry->text + entry->text_length, text.at, text.len);
    }
    entry->text_length = (uint16_t)(entry->text_length + text.len);
    *length = (uint8_t)text.len;
    return true;
}

/* False when it does not fit. */
static bool write_texts(struct entry *entry, const struct access_token *token)
{
    const struct principal *principal = &token->principal;

    entry->text_length = 0;
    for (size_t i = 0; i < principal->role_count; i++) {
        if (!add_text(entry, principal->roles[i], ROLE_NAME_MAX_BYTES, &entry->role_lengths[i])) {
            return false;
        }
    }
    entry->role_count = (uint8_t)principal->role_count;
    return add_text(entry, token->client_id, UINT8_MAX, &entry->client_id_length) &&
           add_text(entry, token->token_id, UINT8_MAX, &entry->token_id_length);
}

static bool write_entry(struct entry *entry, const uint8_t *digest, const struct token_facts *facts)
{
    const struct principal *principal = &facts->token.principal;

    if (!write_texts(entry, &facts->token)) {
        return false;
    }
    memcpy(entry->digest, digest, DIGEST_BYTES);
    entry->user_id = principal->user_id;
    entry->session_id = principal->session_id;
    entry->issued_s = facts->token.issued_s;
    entry->expires_s = principal->expires_s;
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
