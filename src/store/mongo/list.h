/* What lists of people and of products share. */
#ifndef LATCHKEY_STORE_MONGO_LIST_H
#define LATCHKEY_STORE_MONGO_LIST_H

#include "store/mongo/doc.h"
#include "store/mongo/snapshot.h"

/* A list ends with STORE_UNAVAILABLE rather than keep the server busy for longer. */
#define MONGO_LIST_MAX_MS 2800
/* Nobody has so many rows, and what is skipped and what is wanted must not overflow together. */
#define MONGO_LIST_SKIP_MAX INT64_C(1000000000)

/* The options of a page: order, place, bounds. Destroy them. */
void mongo_list_options(const bson_t *sort, int64_t limit, int64_t offset,
                        const struct mongo_snapshot *snapshot, bson_t *out);
/* The same for a count. */
void mongo_list_count_options(const struct mongo_snapshot *snapshot, bson_t *out);

#endif
