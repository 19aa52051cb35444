/* Finds the route of a method and a path. Built once, then read by any number of threads. */
#ifndef LATCHKEY_HTTP_ROUTER_H
#define LATCHKEY_HTTP_ROUTER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "http/request.h"

struct route {
    enum http_method method; /* not HEAD or OPTIONS: those follow from the others */
    const char *path;        /* "/v1/users/{id}": a parameter is a whole segment */
    const void *operation;   /* the application's row */
    const char *owner;       /* whose it is, for the message of a clash; NULL: nobody says */
};

struct router; /* opaque */

enum router_outcome {
    ROUTER_FOUND,
    ROUTER_NO_PATH,
    ROUTER_NO_METHOD,
    ROUTER_OPTIONS,
    ROUTER_BAD_PATH
};

/* Copies the routes, borrows their texts. NULL with a line in message when two routes clash (both
 * named) or a path is malformed. */
MUST_CHECK struct router *router_new(const struct route *routes, size_t count, char *message,
                                     size_t message_size);
void router_free(struct router *router);
/* Fills request->params (unescaped, in the arena) and *operation. A literal segment wins over a
   parameter. HEAD finds GET. ROUTER_BAD_PATH: a parameter that is not UTF-8. */
MUST_CHECK enum router_outcome router_find(const struct router *router, struct request *request,
                                           const void **operation);
/* The methods of that path for Allow, "DELETE, GET, HEAD, OPTIONS" sorted; in the arena; empty when
 * no such path. */
struct view router_allow(const struct router *router, struct request *request);

#endif
