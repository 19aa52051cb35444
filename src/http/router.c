#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/builder.h"

/* A tree of segments; children of a node stand in one list. */
struct node {
    struct view literal; /* the segment; unused in a parameter's node */
    struct node *children;
    struct node *parameter; /* "{…}" at this place */
    struct node *sibling;
    const struct route *routes[METHOD_COUNT];
    bool has_routes; /* of any method */
};

/* A path without parameters and its node. */
struct exact {
    struct view path; /* as segments_of gives it; at NULL: an empty slot */
    const struct node *node;
};

struct router {
    struct arena arena;
    struct node root;
    struct exact
        *exact;        /* a hash table of all paths that name no parameter: most of what is asked */
    size_t exact_mask; /* its slots, a power of two, less one; half of them stay empty */
    bool has[METHOD_COUNT]; /* anywhere: what "OPTIONS *" tells */
};

/* What next_segment takes apart: "/" has no segment. */
static struct view segments_of(struct view path)
{
    struct view rest = request_without_final_slash(path);
    return view_is(rest, "/") ? VIEW("") : rest;
}

/* Takes the next segment off "/a/b"; false at the end. */
static bool next_segment(struct view *rest, struct view *segment)
{
    if (rest->len == 0) {
        return false;
    }
    size_t end = 1; /* segments are short: a loop is done before memchr has begun */
    while (end < rest->len && rest->at[end] != '/')
        end++;
    *segment = view_sub(*rest, 1, end - 1);
    *rest = view_sub(*rest, end, rest->len);
    return true;
}

static bool is_parameter(struct view segment)
{
    return segment.len > 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}';
}

static struct node *find_literal(const struct node *node, struct view segment)
{
    struct node *child = node->children;
    while (child != NULL && !view_equal(child->literal, segment))
        child = child->sibling;
    return child;
}

static struct node *add_child(struct router *router, struct node *node, struct view segment)
{
    bool parameter = is_parameter(segment);
    struct node *child = parameter ? node->parameter : find_literal(node, segment);
    if (child != NULL)
        return child;
    child = arena_take(&router->arena, sizeof *child);
    if (child == NULL)
        return NULL;
    child->literal = segment;
    if (parameter) {
        node->parameter = child;
    } else {
        child->sibling = node->children;
        node->children = child;
    }
    return child;
}

static bool is_well_formed(const struct route *route)
{
    bool method = route->method > METHOD_UNKNOWN && route->method < METHOD_COUNT &&
                  route->method != METHOD_HEAD && route->method != METHOD_OPTIONS;
    if (!method || route->path == NULL || route->path[0] != '/')
        return false;
    struct view rest = segments_of(view_of(route->path));
    struct view segment;
    size_t params = 0;
    while (next_segment(&rest, &segment)) {
        bool braces =
            view_find(segment, '{', 0) < segment.len || view_find(segment, '}', 0) < segment.len;
        if (segment.len == 0 || (braces && !is_parameter(segment)))
            return false;
        params += braces;
    }
    return params <= HTTP_PARAMS_MAX;
}

static void describe_clash(const struct route *taken, const struct route *route, char *message,
                           size_t size)
{
    const char *method = http_method_name(route->method);
    if (taken->owner == NULL || route->owner == NULL)
        snprintf(message, size, "routes clash: %s %s and %s", method, taken->path, route->path);
    else
        snprintf(message, size, "routes clash: %s %s of %s and %s of %s", method, taken->path,
                 taken->owner, route->path, route->owner);
}

static bool add_route(struct router *router, const struct route *route, char *message, size_t size)
{
    if (!is_well_formed(route)) {
        snprintf(message, size, "malformed route %s %s", http_method_name(route->method),
                 route->path != NULL ? route->path : "(no path)");
        return false;
    }
    struct view rest = segments_of(view_of(route->path));
    struct view segment;
    struct node *node = &router->root;
    while (node != NULL && next_segment(&rest, &segment))
        node = add_child(router, node, segment);
    if (node == NULL) {
        snprintf(message, size, "out of memory");
        return false;
    }
    const struct route *taken = node->routes[route->method];
    if (taken != NULL) {
        describe_clash(taken, route, message, size);
        return false;
    }
    node->routes[route->method] = route;
    node->has_routes = true;
    router->has[route->method] = true;
    return true;
}

/* The node of the path; raw parameters go to params. A literal is tried first, then a parameter: at
   most two ways per segment, and routes have few segments. */
static const struct node *find_node(const struct node *node, struct view rest, struct view *params,
                                    size_t param_count)
{
    struct view segment;
    if (!next_segment(&rest, &segment))
        return node->has_routes ? node : NULL;
    const struct node *found = NULL;
    const struct node *literal = find_literal(node, segment);
    if (literal != NULL)
        found = find_node(literal, rest, params, param_count);
    if (found != NULL || node->parameter == NULL || segment.len == 0)
        return found;
    params[param_count] = segment;
    return find_node(node->parameter, rest, params, param_count + 1);
}

static size_t slot_of(const struct router *router, struct view path)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15); /* spreads bits upwards when multiplied */
    uint64_t hash = path.len;
    uint64_t word;
    for (; path.len >= sizeof word; path = view_sub(path, sizeof word, path.len)) {
        memcpy(&word, path.at, sizeof word);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
    }
    word = 0;
    for (size_t i = 0; i < path.len; i++)
        word = word << 8 | (uint8_t)path.at[i];
    hash = (hash ^ word) * odd;
    return (size_t)(hash >> 32) & router->exact_mask;
}

/* The slot of the path, or the empty one where it would be. */
static struct exact *find_exact(const struct router *router, struct view path)
{
    size_t slot = slot_of(router, path);
    while (router->exact[slot].path.at != NULL && !view_equal(router->exact[slot].path, path))
        slot = (slot + 1) & router->exact_mask;
    return &router->exact[slot];
}

/* Every literal wins over a parameter, so a path that names none is found whatever else there is.
 */
static bool build_exact(struct router *router, const struct route *routes, size_t count)
{
    size_t slots = 4;
    while (slots < 2 * count)
        slots *= 2;
    router->exact = arena_take_array(&router->arena, slots, sizeof *router->exact);
    router->exact_mask = slots - 1;
    for (size_t i = 0; router->exact != NULL && i < count; i++) {
        struct view path = segments_of(view_of(routes[i].path));
        if (view_find(path, '{', 0) < path.len)
            continue;
        struct view params[HTTP_PARAMS_MAX];
        struct exact *exact = find_exact(router, path);
        *exact = (struct exact){path, find_node(&router->root, path, params, 0)};
    }
    return router->exact != NULL;
}

struct router *router_new(const struct route *routes, size_t count, char *message,
                          size_t message_size)
{
    struct router *router = calloc(1, sizeof *router);
    if (router == NULL) {
        snprintf(message, message_size, "out of memory");
        return NULL;
    }
    arena_init(&router->arena, 0);
    struct route *copy = arena_take_array(&router->arena, count, sizeof *copy);
    bool good = copy != NULL;
    if (!good)
        snprintf(message, message_size, "out of memory");
    else if (count > 0)
        memcpy(copy, routes, count * sizeof *copy);
    for (size_t i = 0; good && i < count; i++)
        good = add_route(router, &copy[i], message, message_size);
    if (good && !build_exact(router, copy, count)) {
        snprintf(message, message_size, "out of memory");
        good = false;
    }
    if (good)
        return router;
    router_free(router);
    return NULL;
}

void router_free(struct router *router)
{
    if (router == NULL)
        return;
    arena_clear(&router->arena);
    free(router);
}

static const struct node *find_path(const struct router *router, struct view path,
                                    struct view *params)
{
    struct view segments = segments_of(path);
    const struct exact *exact = find_exact(router, segments);
    return exact->path.at != NULL ? exact->node : find_node(&router->root, segments, params, 0);
}

static bool decode_params(struct request *request)
{
    for (size_t i = 0; i < HTTP_PARAMS_MAX && request->params[i].at != NULL; i++)
        if (!request_unescape(request->arena, request->params[i], false, &request->params[i]))
            return false;
    return true;
}

enum router_outcome router_find(const struct router *router, struct request *request,
                                const void **operation)
{
    if (view_is(request->path, "*"))
        return request->method == METHOD_OPTIONS ? ROUTER_OPTIONS : ROUTER_NO_PATH;
    struct view params[HTTP_PARAMS_MAX] = {{NULL, 0}};
    const struct node *node = find_path(router, request->path, params);
    if (node == NULL)
        return ROUTER_NO_PATH;
    if (request->method == METHOD_OPTIONS)
        return ROUTER_OPTIONS;
    enum http_method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    const struct route *route = method < METHOD_COUNT ? node->routes[method] : NULL;
    if (route == NULL)
        return ROUTER_NO_METHOD;
    memcpy(request->params, params, sizeof params);
    if (!decode_params(request))
        return ROUTER_BAD_PATH;
    *operation = route->operation;
    return ROUTER_FOUND;
}

struct view router_allow(const struct router *router, struct request *request)
{
    static const enum http_method sorted[] = {METHOD_DELETE,  METHOD_GET,   METHOD_HEAD,
                                              METHOD_OPTIONS, METHOD_PATCH, METHOD_POST,
                                              METHOD_PUT};
    struct view params[HTTP_PARAMS_MAX];
    bool all = view_is(request->path, "*");
    const struct node *node = all ? NULL : find_path(router, request->path, params);
    if (node == NULL && !all)
        return VIEW("");
    char text[sizeof "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"];
    struct builder b;
    builder_init_fixed(&b, text, sizeof text);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
        enum http_method row = sorted[i] == METHOD_HEAD ? METHOD_GET : sorted[i];
        bool offered =
            row == METHOD_OPTIONS || (all ? router->has[row] : node->routes[row] != NULL);
        if (!offered)
            continue;
        builder_text(&b, b.len > 0 ? ", " : "");
        builder_text(&b, http_method_name(sorted[i]));
    }
    return arena_copy_view(request->arena, view_make(text, b.len));
}
