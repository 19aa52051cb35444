/* Inside service/ only: items found by id and forgotten after a while. Not thread-safe: the owner
 * locks. */
#ifndef LATCHKEY_SERVICE_ID_MAP_H
#define LATCHKEY_SERVICE_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/id.h"

/* The first member of what the map keeps; allocated by malloc. */
struct id_item {
    struct id id;
    int64_t until_ms; /* forgotten after this */
    struct id_item *next;
};

/* All zero: empty. */
struct id_map {
    struct id_item **buckets;
    size_t bucket_count;
    size_t count;
    size_t prune_at; /* the bucket where pruning goes on */
};

/* Frees all items. */
void id_map_clear(struct id_map *map);
/* Borrowed, until the next put or prune; NULL when unknown. */
struct id_item *id_map_find(const struct id_map *map, const struct id *id);
/* Takes the item, in place of one of the same id. False when out of memory: the item is freed. */
MUST_CHECK bool id_map_put(struct id_map *map, struct id_item *item);
/* Frees what is over in the next max_buckets buckets: a bounded piece of work. */
void id_map_prune(struct id_map *map, int64_t now_ms, size_t max_buckets);

#endif
