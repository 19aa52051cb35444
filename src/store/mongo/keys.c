#include "store/mongo/keys.h"

#include <stdlib.h>
#include <string.h>

#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/stamp.h"

/* Keys are few: a change that lost against another one of the same ring is made again. */
#define RING_TRIES 20
#define RINGS_MAX 16 /* algorithms there are, and more */

/* All keys of one algorithm, as they were read. */
struct ring {
    struct stored_key *keys;
    size_t count;
    int64_t version; /* 0: there is none yet */
};

/* --- documents -------------------------------------------------------------------------------- */

static enum result key_of_doc(const bson_t *doc, struct view algorithm, struct arena *arena,
                              struct stored_key *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    *out = (struct stored_key){
        .key_id = doc_get_text(&reader, "key_id"),
        .algorithm = algorithm,
        .material = doc_get_bytes(&reader, "material"),
        .created_ms = doc_get_instant(doc, "created_at"),
        .signs_from_ms = doc_get_instant(doc, "signs_from"),
        .retired_ms = doc_get_instant(doc, "retired_at"),
    };
    return reader.failure;
}

static void write_keys(const struct ring *ring, bson_t *out)
{
    bson.init(out);
    for (size_t i = 0; i < ring->count; i++) {
        const struct stored_key *key = &ring->keys[i];
        char room[16];
        const char *index;
        (void)bson.uint32_to_string((uint32_t)i, &index, room, sizeof room);
        doc_add(out, DOC(doc_open(index), doc_text("key_id", key->key_id),
                         doc_date("created_at", key->created_ms),
                         doc_date("signs_from", key->signs_from_ms),
                         doc_instant("retired_at", key->retired_ms),
                         doc_bytes("material", key->material), doc_close()));
    }
}

/* Room for one key more. */
static enum result ring_of_doc(const bson_t *doc, struct arena *arena, struct ring *out)
{
    bson_t list;
    bson_iter_t at;
    enum result result = RESULT_OK;
    struct doc_reader reader = {.doc = doc, .arena = arena};
    struct view algorithm = doc_get_text(&reader, "_id");
    doc_peek(doc, "keys", &list);
    *out = (struct ring){.version = doc_get_number(doc, "version", 0)};
    out->keys = arena_take_array(arena, bson.count_keys(&list) + 1, sizeof *out->keys);
    if (out->keys == NULL || reader.failure != RESULT_OK) {
        return RESULT_INTERNAL;
    }
    (void)bson.iter_init(&at, &list);
    while (result == RESULT_OK && bson.iter_next(&at)) {
        bson_t key;
        doc_peek(&list, bson.iter_key(&at), &key);
        result = key_of_doc(&key, algorithm, arena, &out->keys[out->count++]);
    }
    return result;
}

/* An empty ring where there is none. */
static enum result read_ring(struct mongo_handle *handle, struct view algorithm,
                             struct arena *arena, struct ring *out)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_text("_id", algorithm)));
    enum result result = call_find_one(handle, MONGO_KEYS, &filter, NULL, &found);
    return result == RESULT_OK || result == RESULT_NOT_FOUND ? ring_of_doc(&found, arena, out)
                                                             : result;
}

static enum result insert_ring(struct mongo_handle *handle, struct view algorithm,
                               const bson_t *members, int64_t now_ms)
{
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_text("_id", algorithm)));
    (void)bson.concat(&doc, members);
    mongo_stamp_insert(&doc, now_ms);
    return call_insert(handle, MONGO_KEYS, &doc, NULL);
}

/* CONFLICT when it is not as it was read any more. */
static enum result write_ring(struct mongo_handle *handle, struct view algorithm,
                              const struct ring *ring, int64_t now_ms)
{
    DOC_LOCAL(keys);
    DOC_LOCAL(set);
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    write_keys(ring, &keys);
    doc_make(&set, DOC(doc_embed_list("keys", &keys), doc_number("version", ring->version + 1)));
    if (ring->version == 0) {
        return insert_ring(handle, algorithm, &set, now_ms);
    }
    doc_make(&filter, DOC(doc_text("_id", algorithm), doc_number("version", ring->version)));
    mongo_stamp_update(&set, NULL, NULL, now_ms, &update);
    enum result result = call_update(handle, MONGO_KEYS, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
}

/* --- changes of a ring ------------------------------------------------------------------------ */

/* One change: what it does to a ring, and what for. */
struct ring_change {
    struct view algorithm;
    const struct stored_key *key; /* to be added */
    struct view key_id;           /* to be retired */
    struct view in_force;
    int64_t retire_others_ms;
    int64_t now_ms;
    bool is_done; /* nothing is left to be written */
    enum result (*make)(struct ring_change *change, struct ring *ring);
};

static enum result change_ring(struct mongo_handle *handle, struct ring_change *change)
{
    for (int tries = 0; tries < RING_TRIES; tries++) {
        struct ring ring;
        struct arena arena;
        arena_init(&arena, 0);
        enum result result = read_ring(handle, change->algorithm, &arena, &ring);
        if (result == RESULT_OK) {
            result = change->make(change, &ring);
        }
        bool refused = result != RESULT_OK || change->is_done;
        if (!refused) {
            result = write_ring(handle, change->algorithm, &ring, change->now_ms);
        }
        arena_reset(&arena); /* wipes the keys */
        arena_clear(&arena);
        if (refused || result != RESULT_CONFLICT) {
            return result;
        }
    }
    return RESULT_STORE_UNAVAILABLE;
}

static bool is_open(const struct stored_key *key, int64_t now_ms)
{
    return key->retired_ms == 0 || key->retired_ms > now_ms;
}

static struct stored_key *find_key(struct ring *ring, struct view key_id)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (view_equal(ring->keys[i].key_id, key_id)) {
            return &ring->keys[i];
        }
    }
    return NULL;
}

static enum result add_key(struct ring *ring, const struct stored_key *key)
{
    if (find_key(ring, key->key_id) != NULL) {
        return RESULT_CONFLICT;
    }
    ring->keys[ring->count++] = *key;
    return RESULT_OK;
}

static enum result make_first(struct ring_change *change, struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (is_open(&ring->keys[i], change->now_ms)) {
            return RESULT_CONFLICT;
        }
    }
    return add_key(ring, change->key);
}

enum result mongo_keys_create_first(struct store_handle *base, const struct stored_key *key,
                                    int64_t now_ms)
{
    struct ring_change change = {
        .algorithm = key->algorithm, .key = key, .now_ms = now_ms, .make = make_first};
    return change_ring(mongo_handle_of(base), &change);
}

static enum result make_rotation(struct ring_change *change, struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        struct stored_key *key = &ring->keys[i];
        if (is_open(key, change->retire_others_ms)) {
            key->retired_ms = change->retire_others_ms;
        }
    }
    return add_key(ring, change->key);
}

enum result mongo_keys_rotate(struct store_handle *base, const struct stored_key *key,
                              int64_t retire_others_ms, int64_t now_ms)
{
    struct ring_change change = {.algorithm = key->algorithm,
                                 .key = key,
                                 .retire_others_ms = retire_others_ms,
                                 .now_ms = now_ms,
                                 .make = make_rotation};
    return change_ring(mongo_handle_of(base), &change);
}

/* The last open one stays while its algorithm signs. */
static enum result make_retirement(struct ring_change *change, struct ring *ring)
{
    struct stored_key *key = find_key(ring, change->key_id);
    bool may_go = !view_equal(change->algorithm, change->in_force);
    if (key == NULL) {
        return RESULT_NOT_FOUND;
    }
    if (!is_open(key, change->now_ms)) {
        change->is_done = true;
        return RESULT_OK;
    }
    for (size_t i = 0; i < ring->count; i++) {
        may_go = may_go || (&ring->keys[i] != key && is_open(&ring->keys[i], change->now_ms));
    }
    key->retired_ms = change->now_ms;
    return may_go ? RESULT_OK : RESULT_CONFLICT;
}

enum result mongo_keys_retire(struct store_handle *base, struct view key_id, struct view in_force,
                              int64_t now_ms)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_text("keys.key_id", key_id)));
    enum result result = call_find_one(handle, MONGO_KEYS, &filter, NULL, &found);
    if (result != RESULT_OK) {
        return result;
    }
    struct ring_change change = {.algorithm = doc_peek_text(&found, "_id"),
                                 .key_id = key_id,
                                 .in_force = in_force,
                                 .now_ms = now_ms,
                                 .make = make_retirement};
    return change_ring(handle, &change);
}

/* --- load ------------------------------------------------------------------------------------- */

static bool is_same_key(const struct stored_key *a, const struct stored_key *b)
{
    return view_equal(a->algorithm, b->algorithm) && view_equal(a->material, b->material) &&
           a->created_ms == b->created_ms && a->signs_from_ms == b->signs_from_ms &&
           a->retired_ms == b->retired_ms;
}

static enum result make_loaded(struct ring_change *change, struct ring *ring)
{
    return add_key(ring, change->key);
}

enum result mongo_keys_load(struct mongo_handle *handle, const struct stored_key *key,
                            struct arena *arena)
{
    struct stored_key *keys = NULL;
    size_t count = 0;
    enum result result = mongo_keys_read(handle, arena, &keys, &count);
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        if (view_equal(keys[i].key_id, key->key_id)) {
            return is_same_key(&keys[i], key) ? RESULT_OK : RESULT_CONFLICT;
        }
    }
    struct ring_change change = {
        .algorithm = key->algorithm, .key = key, .now_ms = key->created_ms, .make = make_loaded};
    return result == RESULT_OK ? change_ring(handle, &change) : result;
}

/* --- list ------------------------------------------------------------------------------------- */

static enum result collect(struct call_rows *rows, struct arena *arena,
                           struct ring rings[RINGS_MAX], size_t *count)
{
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    while (*count < RINGS_MAX && (result = call_next(rows, &found)) == RESULT_OK) {
        result = ring_of_doc(found, arena, &rings[*count]);
        if (result != RESULT_OK) {
            return result;
        }
        *count += 1;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result join(const struct ring *rings, size_t ring_count, struct arena *arena,
                        struct stored_key **out, size_t *count)
{
    for (size_t i = 0; i < ring_count; i++) {
        *count += rings[i].count;
    }
    struct stored_key *keys = arena_take_array(arena, *count + 1, sizeof *keys);
    size_t joined = 0;
    for (size_t i = 0; keys != NULL && i < ring_count; i++) {
        memcpy(keys + joined, rings[i].keys, rings[i].count * sizeof *keys);
        joined += rings[i].count;
    }
    *out = keys;
    return keys != NULL ? RESULT_OK : RESULT_INTERNAL;
}

static int order_texts(struct view a, struct view b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int order_by_id(const void *a, const void *b)
{
    return order_texts(((const struct stored_key *)a)->key_id,
                       ((const struct stored_key *)b)->key_id);
}

static int order_by_age(const void *a_at, const void *b_at)
{
    const struct stored_key *a = a_at;
    const struct stored_key *b = b_at;
    int order = (a->created_ms > b->created_ms) - (a->created_ms < b->created_ms);
    return order != 0 ? order : order_by_id(a, b);
}

enum result mongo_keys_read(struct mongo_handle *handle, struct arena *arena,
                            struct stored_key **out, size_t *count)
{
    struct ring rings[RINGS_MAX];
    bson_t all = BSON_INITIALIZER;
    size_t ring_count = 0;
    *out = NULL;
    *count = 0;
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_KEYS, &all, NULL);
    enum result result = collect(&rows, arena, rings, &ring_count);
    if (result == RESULT_OK) {
        result = join(rings, ring_count, arena, out, count);
    }
    if (result == RESULT_OK) {
        qsort(*out, *count, sizeof **out, order_by_id);
    }
    return result;
}

enum result mongo_keys_list(struct store_handle *base, struct arena *arena,
                            const struct stored_key **out, size_t *count)
{
    struct stored_key *keys = NULL;
    enum result result = mongo_keys_read(mongo_handle_of(base), arena, &keys, count);
    if (result == RESULT_OK) {
        qsort(keys, *count, sizeof *keys, order_by_age);
    }
    *out = keys;
    return result;
}
