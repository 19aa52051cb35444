#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/dispatch.h"
#include "api/documents.h"
#include "api/process.h"
#include "api/routes.h"
#include "web_assets.h"

#define DOCUMENTS_PER_MOUNT 2 /* /openapi/NAME.json and PREFIX/openapi.json */

static bool fail(char *message, size_t size, const char *text)
{
    (void)snprintf(message, size, "%s", text);
    return false;
}

/* --- bindings --------------------------------------------------------------------------------- */

static struct api_binding *add_binding(struct api *api, const struct row *row,
                                       const struct row_set *set, const char *path)
{
    struct api_binding *binding = &api->bindings[api->binding_count++];
    *binding = (struct api_binding){.row = row, .set = set, .path = path};
    observe_init_series(&api->observe, &binding->series, http_method_name(row->method), path);
    return binding;
}

static void bind_group(struct api *api, const struct row_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        (void)add_binding(api, &group->rows[i], &routes_native, group->rows[i].path);
    }
}

static bool bind_mount(struct api *api, const struct api_mount *mount)
{
    for (size_t i = 0; i < mount->set->group_count; i++) {
        const struct row_group *group = mount->set->groups[i];
        for (size_t j = 0; j < group->count; j++) {
            struct view path =
                arena_format(&api->arena, "%.*s%s", VIEW_ARG(mount->prefix), group->rows[j].path);
            if (path.at == NULL) {
                return false;
            }
            (void)add_binding(api, &group->rows[j], mount->set, path.at);
        }
    }
    return true;
}

static size_t most_bindings(const struct api *api)
{
    const struct api_options *options = &api->context.options;
    size_t count = row_set_count(&routes_native) + routes_docs.count + web_assets_count;
    for (size_t i = 0; i < options->mount_count; i++) {
        count += row_set_count(options->mounts[i].set) + DOCUMENTS_PER_MOUNT;
    }
    return count;
}

static void bind_docs(struct api *api)
{
    bind_group(api, &routes_docs);
    for (size_t i = 0; i < web_assets_count; i++) {
        const struct http_asset *asset = &web_assets[i];
        add_binding(api, &routes_docs_file, &routes_native, asset->path)->asset = asset;
    }
}

/* In the order of the set, as `latchkey openapi` writes it. */
static void bind_native(struct api *api)
{
    const struct api_options *options = &api->context.options;
    for (size_t i = 0; i < routes_native.group_count; i++) {
        const struct row_group *group = routes_native.groups[i];
        bool wanted = group == &routes_metrics ? options->metrics_here && options->metrics != NULL
                                               : !options->metrics_only;
        if (wanted) {
            bind_group(api, group);
        }
    }
}

static bool bind_all(struct api *api)
{
    const struct api_options *options = &api->context.options;
    api->bindings = arena_take_array(&api->arena, most_bindings(api), sizeof *api->bindings);
    if (api->bindings == NULL) {
        return false;
    }
    bind_native(api);
    if (options->metrics_only) {
        return true;
    }
    if (options->docs) {
        bind_docs(api);
    }
    for (size_t i = 0; i < options->mount_count; i++) {
        if (!bind_mount(api, &options->mounts[i])) {
            return false;
        }
    }
    return documents_bind(api);
}

static bool check_rows(const struct api *api, char *message, size_t size)
{
    for (size_t i = 0; i < api->binding_count; i++) {
        const struct api_binding *binding = &api->bindings[i];
        const struct row *row = binding->row;
        const char *fault = row_fault(row);
        for (size_t j = 0; fault == NULL && j < i; j++) {
            const struct api_binding *other = &api->bindings[j];
            bool same = other->row != row && other->set == binding->set &&
                        strcmp(other->row->id, row->id) == 0;
            fault = same ? "its id is not unique" : NULL;
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
        routes[i] = (struct route){.method = binding->row->method,
                                   .path = binding->path,
                                   .operation = binding,
                                   .owner = binding->set->name};
    }
    api->router = router_new(routes, api->binding_count, message, size);
    return api->router != NULL;
}

bool api_owns_path(struct view path)
{
    static const char *const trees[] = {"/v1",      "/oauth", "/.well-known", "/health",
                                        "/metrics", "/docs",  "/redoc",       "/openapi"};
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        struct view rest = view_sub(path, strlen(trees[i]), SIZE_MAX);
        if (view_starts_with(path, view_of(trees[i])) &&
            (rest.len == 0 || view_starts_with(rest, VIEW("/")))) {
            return true;
        }
    }
    return view_is(path, "/openapi.json");
}

/* --- life ------------------------------------------------------------------------------------- */

static bool build(struct api *api, char *message, size_t size)
{
    const struct api_options *options = &api->context.options;
    struct lane *const lanes[] = {options->store_lane, options->hash_lane, options->group_lane};
    if (!bind_all(api)) {
        return fail(message, size, "out of memory");
    }
    observe_init_series(&api->observe, &api->unrouted, "-", "-");
    if (!check_rows(api, message, size) || !build_router(api, message, size)) {
        return false;
    }
    if (!options->metrics_only && !documents_list(api)) {
        return fail(message, size, "out of memory");
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

bool api_mounts_fit(const struct api_mount *mounts, size_t count, char *message,
                    size_t message_size)
{
    const struct api_options options = {.mounts = mounts, .mount_count = count, .docs = true};
    struct api *api = api_new(&options, message, message_size);
    api_free(api);
    return api != NULL;
}

void api_free(struct api *api)
{
    if (api == NULL) {
        return;
    }
    router_free(api->router);
    documents_free(api);
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
        .write = dispatch_write,
        .busy = dispatch_busy,
        .refuse = dispatch_refuse,
        .finished = dispatch_finished,
        .thread_open = open_thread,
        .thread_close = close_thread,
    };
}
