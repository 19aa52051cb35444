#include "service/token_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS 64
#define ENTRIES 64            /* a shard */
#define SIGNED_MAX_BYTES 1024 /* of one token before its signature; more is not remembered */
#define TEXT_MAX_BYTES 320    /* likewise role names, client and token id together */

/* A token's signature is kept as a digest only: what lies here opens no door. What it signs is kept
   as it is, and compared, because a comparison costs a tenth of a digest. */
struct entry {
    uint8_t digest[DIGEST_BYTES];
    struct id user_id;
    struct id session_id;
    int64_t issued_s;
    int64_t expires_s;
    const struct keyring *ring;
    uint64_t generation;
    uint8_t role_count;
    uint8_t role_lengths[USER_ROLES_MAX];
    uint8_t client_id_length;
    uint8_t token_id_length;
    uint16_t text_length; /* of the role names, the client's id, the token's */
    uint16_t signed_length;
    char text[]; /* those, then what is signed */
};

struct shard {
    pthread_mutex_t mutex;
    struct entry *entries[ENTRIES]; /* NULL: none */
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
        for (size_t j = 0; j < ENTRIES; j++) {
            free(cache->shards[i].entries[j]);
        }
    }
    free(cache);
}

struct token_key token_key_of(struct view token)
{
    size_t dot = view_find_last(token, '.');
    struct token_key key = {.signed_text = view_sub(token, 0, dot)};

    /* Without a dot in it, there is nothing but signed text. */
    digest_sha256(view_sub(token, dot, token.len), key.digest);
    return key;
}

/* A digest's bytes are as good as random. */
static struct shard *shard_of(struct token_cache *cache, const struct token_key *key)
{
    return &cache->shards[key->digest[0] % SHARDS];
}

static struct entry **place_of(struct shard *shard, const struct token_key *key)
{
    return &shard->entries[key->digest[1] % ENTRIES];
}

static bool is_of(const struct entry *entry, const struct token_key *key)
{
    struct view signed_text = view_make(entry->text + entry->text_length, entry->signed_length);

    return memcmp(entry->digest, key->digest, DIGEST_BYTES) == 0 &&
           view_equal(signed_text, key->signed_text);
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

bool token_cache_get(struct token_cache *cache, const struct token_key *key, struct arena *arena,
                     struct token_facts *out)
{
    struct shard *shard = shard_of(cache, key);
    const struct entry *entry;
    bool found;

    pthread_mutex_lock(&shard->mutex);
    entry = *place_of(shard, key);
    found = entry != NULL && is_of(entry, key) && read_entry(entry, arena, out);
    pthread_mutex_unlock(&shard->mutex);
    return found;
}

static bool fits(const struct token_key *key, const struct access_token *token, size_t *text_len)
{
    const struct principal *principal = &token->principal;

    *text_len = token->client_id.len + token->token_id.len;
    for (size_t i = 0; i < principal->role_count; i++) {
        if (principal->roles[i].len > ROLE_NAME_MAX_BYTES) {
            return false;
        }
        *text_len += principal->roles[i].len;
    }
    return *text_len <= TEXT_MAX_BYTES && token->client_id.len <= UINT8_MAX &&
           token->token_id.len <= UINT8_MAX && key->signed_text.len <= SIGNED_MAX_BYTES;
}

static char *add_text(char *at, struct view text)
{
    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    return at + text.len;
}

static void write_texts(struct entry *entry, const struct token_key *key,
                        const struct access_token *token)
{
    const struct principal *principal = &token->principal;
    char *at = entry->text;

    for (size_t i = 0; i < principal->role_count; i++) {
        entry->role_lengths[i] = (uint8_t)principal->roles[i].len;
        at = add_text(at, principal->roles[i]);
    }
    at = add_text(add_text(at, token->client_id), token->token_id);
    (void)add_text(at, key->signed_text);
}

/* NULL when it is too large, or memory ends. */
static struct entry *make_entry(const struct token_key *key, const struct token_facts *facts)
{
    const struct access_token *token = &facts->token;
    const struct principal *principal = &token->principal;
    struct entry *entry;
    size_t text_len;

    if (!fits(key, token, &text_len)) {
        return NULL;
    }
    entry = malloc(sizeof(*entry) + text_len + key->signed_text.len);
    if (entry == NULL) {
        return NULL;
    }
    *entry = (struct entry){
        .user_id = principal->user_id,
        .session_id = principal->session_id,
        .issued_s = token->issued_s,
        .expires_s = principal->expires_s,
        .ring = facts->ring,
        .generation = principal->generation,
        .role_count = (uint8_t)principal->role_count,
        .client_id_length = (uint8_t)token->client_id.len,
        .token_id_length = (uint8_t)token->token_id.len,
        .text_length = (uint16_t)text_len,
        .signed_length = (uint16_t)key->signed_text.len,
    };
    memcpy(entry->digest, key->digest, DIGEST_BYTES);
    write_texts(entry, key, token);
    return entry;
}

void token_cache_put(struct token_cache *cache, const struct token_key *key,
                     const struct token_facts *facts)
{
    struct shard *shard = shard_of(cache, key);
    struct entry *entry = make_entry(key, facts);
    struct entry *old;

    /* Also where there is nothing new to put: what is there may be of the same token, and older. */
    pthread_mutex_lock(&shard->mutex);
    old = *place_of(shard, key);
    *place_of(shard, key) = entry;
    pthread_mutex_unlock(&shard->mutex);
    free(old);
}
