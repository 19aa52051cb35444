/* The application on top of http: routes, gate, decoding, handlers, encoding. */
#ifndef LATCHKEY_API_API_H
#define LATCHKEY_API_API_H

#include <stdbool.h>
#include <stddef.h>

#include "api/row.h"
#include "base/attributes.h"
#include "base/lane.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/cors.h"
#include "http/server.h"
#include "service/service.h"

/* A dialect at its place. */
struct api_mount {
    const struct row_set *set;
    struct view prefix; /* "" for the root, or "/legacy" */
};

struct api_options {
    const struct api_mount *mounts; /* beside the native API; borrowed */
    size_t mount_count;
    struct service *service;
    struct store *store;
    struct lane *store_lane; /* workers' state: struct store_handle */
    struct lane *hash_lane;  /* likewise */
    /* Likewise, with a batch; then what it wrote goes on to store_lane. NULL: no groups. */
    struct lane *group_lane;
    const struct log *log;
    struct metrics *metrics;
    struct cors_policy cors;
    bool production;   /* secure cookies */
    bool docs;         /* /docs and /redoc */
    bool metrics_here; /* /metrics on this listener */
    bool metrics_only; /* nothing else on this listener */
};

struct api; /* opaque */

/* Checks all rows (authentication kind, lane, rate, unique ids, tables' offsets), builds router and
   documents. NULL with a line in message, such as which two sets clash at which route. options is
   copied. */
MUST_CHECK struct api *api_new(const struct api_options *options, char *message,
                               size_t message_size);
/* Whether these go beside the native API and each other. False with a line in message about what
   does not, such as which two sets clash at which route. Opens nothing. */
MUST_CHECK bool api_mounts_fit(const struct api_mount *mounts, size_t count, char *message,
                               size_t message_size);
/* No requests any more, and options->metrics must not be written after it. NULL is a no-op. */
void api_free(struct api *api);
/* The callbacks for a server. */
struct http_app api_app(struct api *api);
/* The OpenAPI 3.1 document of a set of rows, as mounted at "/", pretty-printed, in the arena; .at
   NULL when out of memory. Needs no server. */
MUST_CHECK struct view api_openapi(const struct row_set *set, struct arena *arena);
/* True for paths below which only the native API has routes: "/v1", "/health" and the like. Pure.
 */
bool api_owns_path(struct view path);

#endif
