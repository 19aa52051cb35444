#include "store/sqlite/user_cache.h"

#include <stdlib.h>
#include <string.h>

#include "store/sqlite/connection.h"

static struct user_cache_slot *slot_of(struct user_cache *cache, const struct id *id)
{
    /* The end of a UUIDv7 is random. */
    return &cache->slots[id->bytes[sizeof id->bytes - 1] % USER_CACHE_SLOTS];
}

/* --- blocks ----------------------------------------------------------------------------------- */

static size_t block_size(const struct user *user)
{
    size_t size = sizeof *user + user->role_count * sizeof *user->roles + user->username.len +
                  user->email.len + user->name.len + user->metadata.len;
    for (size_t i = 0; i < user->role_count; i++) {
        size += user->roles[i].len;
    }
    return size;
}

static struct view move(struct view text, unsigned char **at)
{
    if (text.at == NULL) {
        return text;
    }
    memcpy(*at, text.at, text.len);
    struct view moved = view_make(*at, text.len);
    *at += text.len;
    return moved;
}

static void pack(unsigned char *block, const struct user *user)
{
    struct user packed = *user;
    struct view *roles = (struct view *)(void *)(block + sizeof *user);
    unsigned char *at = block + sizeof *user + user->role_count * sizeof *roles;
    packed.roles = roles;
    packed.username = move(user->username, &at);
    packed.email = move(user->email, &at);
    packed.name = move(user->name, &at);
    packed.metadata = move(user->metadata, &at);
    for (size_t i = 0; i < user->role_count; i++) {
        roles[i] = move(user->roles[i], &at);
    }
    memcpy(block, &packed, sizeof packed);
}

static struct view rebase(struct view text, const unsigned char *from, const unsigned char *to)
{
    return text.at == NULL
               ? text
               : view_make(to + ((const unsigned char *)(const void *)text.at - from), text.len);
}

static bool unpack(const struct user_cache_slot *slot, struct arena *arena, struct user *out)
{
    unsigned char *copy = arena_take_array(arena, slot->size, 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, slot->block, slot->size);
    memcpy(out, copy, sizeof *out);
    struct view *roles = (struct view *)(void *)(copy + sizeof *out);
    out->username = rebase(out->username, slot->block, copy);
    out->email = rebase(out->email, slot->block, copy);
    out->name = rebase(out->name, slot->block, copy);
    out->metadata = rebase(out->metadata, slot->block, copy);
    for (size_t i = 0; i < out->role_count; i++) {
        roles[i] = rebase(roles[i], slot->block, copy);
    }
    out->roles = roles;
    return true;
}

/* --- the cache -------------------------------------------------------------------------------- */

bool sqlite_user_cache_get(struct sqlite_handle *handle, const struct id *id, struct arena *arena,
                           struct user *out)
{
    struct user_cache *cache = &handle->users;
    const struct user_cache_slot *slot = slot_of(cache, id);
    if (slot->generation == 0 || slot->generation != cache->generation ||
        memcmp(slot->block + offsetof(struct user, id), id, sizeof *id) != 0 ||
        !sqlite_snapshot_is_current(handle, &cache->snapshot)) {
        return false;
    }
    return unpack(slot, arena, out);
}

void sqlite_user_cache_begin(struct sqlite_handle *handle)
{
    struct user_cache *cache = &handle->users;
    struct snapshot now;
    if (!sqlite_snapshot_take(handle, &now)) {
        memset(&cache->snapshot, 0, sizeof cache->snapshot);
        cache->generation++;
    } else if (memcmp(&now, &cache->snapshot, sizeof now) != 0) {
        cache->snapshot = now;
        cache->generation++;
    }
}

static bool make_room(struct user_cache_slot *slot, size_t size)
{
    if (slot->capacity >= size) {
        return true;
    }
    free(slot->block);
    slot->block = malloc(size);
    slot->capacity = slot->block != NULL ? size : 0;
    slot->generation = 0;
    return slot->block != NULL;
}

void sqlite_user_cache_put(struct sqlite_handle *handle, const struct user *user)
{
    struct user_cache *cache = &handle->users;
    struct user_cache_slot *slot = slot_of(cache, &user->id);
    size_t size = block_size(user);
    if (handle->wal_index == NULL) {
        handle->wal_index = sqlite_snapshot_find(handle);
        return;
    }
    if (size > USER_CACHE_MAX_BYTES || !sqlite_snapshot_is_current(handle, &cache->snapshot) ||
        !make_room(slot, size)) {
        return;
    }
    pack(slot->block, user);
    slot->size = size;
    slot->generation = cache->generation;
}

void sqlite_user_cache_clear(struct sqlite_handle *handle)
{
    for (size_t i = 0; i < USER_CACHE_SLOTS; i++) {
        free(handle->users.slots[i].block);
    }
}
