#include "service/id_map.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64
#define ITEMS_PER_BUCKET 2

/* The last bytes of a UUIDv7 are random. */
static size_t bucket_of(const struct id *id, size_t bucket_count)
{
    uint64_t random;

    memcpy(&random, id->bytes + sizeof(id->bytes) - sizeof(random), sizeof(random));
    return (size_t)(random & (bucket_count - 1));
}

void id_map_clear(struct id_map *map)
{
    for (size_t i = 0; i < map->bucket_count; i++) {
        for (struct id_item *item = map->buckets[i], *next; item != NULL; item = next) {
            next = item->next;
            free(item);
        }
    }
    free(map->buckets);
    *map = (struct id_map){0};
}

/* The link that points to the item of that id, or the end of its chain. */
static struct id_item **link_of(const struct id_map *map, const struct id *id)
{
    struct id_item **link = &map->buckets[bucket_of(id, map->bucket_count)];

    while (*link != NULL && !id_equal(&(*link)->id, id)) {
        link = &(*link)->next;
    }
    return link;
}

struct id_item *id_map_find(const struct id_map *map, const struct id *id)
{
    return map->bucket_count == 0 ? NULL : *link_of(map, id);
}

static bool grow(struct id_map *map)
{
    size_t count = map->bucket_count == 0 ? BUCKETS_MIN : map->bucket_count * 2;
    struct id_item **buckets = calloc(count, sizeof(struct id_item *));

    if (buckets == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->bucket_count; i++) {
        for (struct id_item *item = map->buckets[i], *next; item != NULL; item = next) {
            struct id_item **first = &buckets[bucket_of(&item->id, count)];

            next = item->next;
            item->next = *first;
            *first = item;
        }
    }
    free(map->buckets);
    map->buckets = buckets;
    map->bucket_count = count;
    return true;
}

bool id_map_put(struct id_map *map, struct id_item *item)
{
    struct id_item **link;

    /* A full table is only slower; none at all is a failure. */
    if (map->count >= map->bucket_count * ITEMS_PER_BUCKET && !grow(map) &&
        map->bucket_count == 0) {
        free(item);
        return false;
    }
    link = link_of(map, &item->id);
    if (*link != NULL) {
        struct id_item *old = *link;

        item->next = old->next;
        free(old);
    } else {
        item->next = NULL;
        map->count++;
    }
    *link = item;
    return true;
}

static void prune_chain(struct id_map *map, struct id_item **link, int64_t now_ms)
{
    while (*link != NULL) {
        struct id_item *item = *link;

        if (item->until_ms >= now_ms) {
            link = &item->next;
            continue;
        }
        *link = item->next;
        free(item);
        map->count--;
    }
}

void id_map_prune(struct id_map *map, int64_t now_ms, size_t max_buckets)
{
    size_t rounds = max_buckets < map->bucket_count ? max_buckets : map->bucket_count;

    for (size_t i = 0; i < rounds; i++) {
        map->prune_at = (map->prune_at + 1) & (map->bucket_count - 1);
        prune_chain(map, &map->buckets[map->prune_at], now_ms);
    }
}
