/* Users read lately by their id, good for as long as nobody commits anything: what whoever asks for
   their own record again and again costs. Part of a connection, so of one thread. */
#ifndef LATCHKEY_STORE_SQLITE_USER_CACHE_H
#define LATCHKEY_STORE_SQLITE_USER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "model/user.h"
#include "store/sqlite/snapshot.h"

struct sqlite_handle;

#define USER_CACHE_SLOTS 64
#define USER_CACHE_MAX_BYTES 2048 /* a larger record is not kept */

struct user_cache_slot {
    uint64_t generation; /* of the cache when it was filled; 0: empty */
    size_t size;
    size_t capacity;
    unsigned char *block; /* a struct user, then what its views point to */
};

struct user_cache {
    struct snapshot snapshot; /* all slots of this generation are of it */
    uint64_t generation;      /* counts up when the database has changed */
    struct user_cache_slot slots[USER_CACHE_SLOTS];
};

/* A copy in the arena of what the database holds now. False when it must be asked. */
MUST_CHECK bool sqlite_user_cache_get(struct sqlite_handle *handle, const struct id *id,
                                      struct arena *arena, struct user *out);
/* Before the database is asked: what sqlite_user_cache_put needs to know. */
void sqlite_user_cache_begin(struct sqlite_handle *handle);
/* Keeps the user just read, when nothing was committed meanwhile. */
void sqlite_user_cache_put(struct sqlite_handle *handle, const struct user *user);
void sqlite_user_cache_clear(struct sqlite_handle *handle);

#endif
