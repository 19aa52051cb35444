#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/dispatch.h"
#include "api/openapi.h"
#include "api/process.h"
#include "api/routes.h"
#include "web_assets.h"

/* FNV-1a, 64 bit */
#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

static bool fail(char *message, size_t size, const char *text)
{
    (void)snprintf(message, size, "%s", text);
    return false;
}

/* --- bindings --------------------------------------------------------------------------------- */

static const struct row_group *const core_groups[] = {
    &routes_auth,   &routes_sessions, &routes_users, &routes_products,
    &routes_server, &routes_audit,    &routes_roles,
};

static void add_binding(struct api *api, const struct row *row, const struct http_asset *asset)
{
    struct api_binding *binding = &api->bindings[api->binding_count++];
    binding->row = row;
    binding->asset = asset;
    observe_init_series(&api->observe, &binding->series, http_method_name(row->method), row->path);
}

static void bind_group(struct api *api, const struct row_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        add_binding(api, &group->rows[i], NULL);
    }
}

static size_t most_bindings(void)
{
    size_t count = routes_metrics.count + routes_docs.count + web_assets_count;
    for (size_t i = 0; i < ARRAY_LEN(core_groups); i++) {
        count += core_groups[i]->count;
    }
    return count;
}

static bool bind_all(struct api *api)
{
    const struct api_options *options = &api->context.options;
    api->bindings = arena_take_array(&api->arena, most_bindings(), sizeof *api->bindings);
    if (api->bindings == NULL) {
        return false;
    }
    for (size_t i = 0; !options->metrics_only && i < ARRAY_LEN(core_groups); i++) {
        bind_group(api, core_groups[i]);
    }
    if (options->metrics_here && options->metrics != NULL) {
        bind_group(api, &routes_metrics);
    }
    if (options->docs && !options->metrics_only) {
        bind_group(api, &routes_docs);
        for (size_t i = 0; i < web_assets_count; i++) {
            add_binding(api, &routes_docs_file, &web_assets[i]);
        }
    }
    return true;
}

static const char *binding_path(const struct api_binding *binding)
{
    return binding->asset != NULL ? binding->asset->path : binding->row->path;
}

static bool check_rows(const struct api *api, char *message, size_t size)
{
    for (size_t i = 0; i < api->binding_count; i++) {
        const struct row *row = api->bindings[i].row;
        const char *fault = row_fault(row);
        for (size_t j = 0; fault == NULL && j < i; j++) {
            const struct row *other = api->bindings[j].row;
            fault = other != row && strcmp(other->id, row->id) == 0 ? "its id is not unique" : NULL;
        }
        if (fault != NULL) {
            (void)snprintf(message, size, "row %s: %s", row->id != NULL ? row->id : "?", fault);
            return false;
        }
    }
    return true;
}

static bool build_router(struct api *api, char *message, size_t size)
{
    struct route *routes = arena_take_array(&api->arena, api->binding_count, sizeof *routes);
    if (routes == NULL) {
        return fail(message, size, "out of memory");
    }
    for (size_t i = 0; i < api->binding_count; i++) {
        const struct api_binding *binding = &api->bindings[i];
        routes[i] = (struct route){
            .method = binding->row->method, .path = binding_path(binding), .operation = binding};
    }
    api->router = router_new(routes, api->binding_count, message, size);
    return api->router != NULL;
}

/* --- documents -------------------------------------------------------------------------------- */

static struct view etag_of(struct view text, struct arena *arena)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.at[i]) * HASH_PRIME;
    }
    return arena_format(arena, "\"%016llx\"", (unsigned long long)hash);
}

static bool build_documents(struct api *api)
{
    struct api_context *context = &api->context;
    const struct row **rows = arena_take_array(&api->arena, api->binding_count, sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < api->binding_count; i++) {
        rows[i] = api->bindings[i].row;
    }
    context->openapi =
        openapi_write(&routes_native, rows, api->binding_count, OPENAPI_COMPACT, &api->arena);
    context->openapi_etag = etag_of(context->openapi, &api->arena);
    return context->openapi.at != NULL && context->openapi_etag.at != NULL;
}

struct view api_openapi(const char *set, struct arena *arena)
{
    if (set == NULL || strcmp(set, routes_native.name) != 0) {
        return (struct view){NULL, 0};
    }
    size_t count = 0;
    for (size_t i = 0; i < routes_native.group_count; i++) {
        count += routes_native.groups[i]->count;
    }
    const struct row **rows = arena_take_array(arena, count, sizeof *rows);
    if (rows == NULL) {
        return (struct view){NULL, 0};
    }
    size_t next = 0;
    for (size_t i = 0; i < routes_native.group_count; i++) {
        for (size_t j = 0; j < routes_native.groups[i]->count; j++) {
            rows[next++] = &routes_native.groups[i]->rows[j];
        }
    }
    return openapi_write(&routes_native, rows, count, OPENAPI_PRETTY, arena);
}

/* --- life ------------------------------------------------------------------------------------- */

static bool build(struct api *api, char *message, size_t size)
{
    const struct api_options *options = &api->context.options;
    struct lane *const lanes[] = {options->store_lane, options->hash_lane};
    if (!bind_all(api)) {
        return fail(message, size, "out of memory");
    }
    observe_init_series(&api->observe, &api->unrouted, "-", "-");
    if (!check_rows(api, message, size) || !build_router(api, message, size)) {
        return false;
    }
    if (!options->metrics_only && !build_documents(api)) {
        return fail(message, size, "the OpenAPI document could not be made");
    }
    if (!options->metrics_only && options->metrics != NULL &&
        !process_collect(options->metrics, lanes, ARRAY_LEN(lanes), &api->arena)) {
        return fail(message, size, "out of memory");
    }
    return true;
}

/* Half of the queue: whatever one address does, others find room. */
static unsigned hash_share(struct lane *lane)
{
    struct lane_stats stats = {.capacity = 0};
    if (lane != NULL) {
        lane_get_stats(lane, &stats);
    }
    return stats.capacity > 1 ? stats.capacity / 2 : 1;
}

struct api *api_new(const struct api_options *options, char *message, size_t message_size)
{
    struct api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        (void)fail(message, message_size, "out of memory");
        return NULL;
    }
    arena_init(&api->arena, 0);
    api->context.options = *options;
    api->hash_share = hash_share(options->hash_lane);
    api->observe = (struct observe){.metrics = options->metrics, .log = options->log};
    if (!build(api, message, message_size)) {
        api_free(api);
        return NULL;
    }
    return api;
}

void api_free(struct api *api)
{
    if (api == NULL) {
        return;
    }
    router_free(api->router);
    arena_clear(&api->arena);
    free(api);
}

/* An I/O thread reads from the store itself where reads are local (ADR 0005). */
static void *open_thread(void *context)
{
    const struct api *api = context;
    struct store *store = api->context.options.store;
    return store != NULL && store_reads_are_local(store) ? store_handle_open(store) : NULL;
}

static void close_thread(void *thread_state)
{
    if (thread_state != NULL) {
        store_handle_close(thread_state);
    }
}

struct http_app api_app(struct api *api)
{
    return (struct http_app){
        .context = api,
        .admit = dispatch_admit,
        .run = dispatch_run,
        .busy = dispatch_busy,
        .finished = dispatch_finished,
        .thread_open = open_thread,
        .thread_close = close_thread,
    };
}
