#include "api/documents.h"

#include <pthread.h>
#include <string.h>

#include "api/openapi.h"
#include "api/routes.h"
#include "base/builder.h"

/* FNV-1a, 64 bit */
#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

#define ROOT_PATH "/openapi.json"
#define NATIVE_PATH "/openapi/native.json"
#define ALL_AT_ROOT "Everything at /"
#define LIST_MAX_BYTES ((size_t)8 * 1024)
#define DOCUMENTS_MAX(mounts) (2 + 2 * (mounts))

static struct view etag_of(struct view text, struct arena *arena)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.at[i]) * HASH_PRIME;
    }
    return arena_format(arena, "\"%016llx\"", (unsigned long long)hash);
}

/* --- which there are -------------------------------------------------------------------------- */

static struct api_document *add(struct api *api, const struct row_set *set, const char *path)
{
    struct api_context *context = &api->context;
    struct api_document_text *text = &api->document_texts[context->document_count];
    struct api_document *document = &context->documents[context->document_count++];
    pthread_mutex_init(&text->lock, NULL); /* cannot fail on Linux */
    arena_init(&text->arena, 0);
    *document = (struct api_document){.set = set, .path = path, .api = api, .text = text};
    return document;
}

/* The one that serves the path already, of a native row; NULL when there is none. */
static struct api_binding *find_binding(struct api *api, const char *path)
{
    for (size_t i = 0; i < api->binding_count; i++) {
        if (strcmp(api->bindings[i].path, path) == 0) {
            return &api->bindings[i];
        }
    }
    return NULL;
}

static void bind_document(struct api *api, const struct api_document *document)
{
    struct api_binding *binding = find_binding(api, document->path);
    if (binding == NULL) {
        binding = &api->bindings[api->binding_count++];
        *binding = (struct api_binding){
            .row = &routes_document, .set = document->set, .path = document->path};
        observe_init_series(&api->observe, &binding->series,
                            http_method_name(routes_document.method), document->path);
    }
    binding->document = document;
}

static bool bind_mount(struct api *api, const struct api_mount *mount)
{
    struct view path = arena_format(&api->arena, "/openapi/%s.json", mount->set->name);
    struct view own = arena_format(&api->arena, "%.*s" ROOT_PATH, VIEW_ARG(mount->prefix));
    if (path.at == NULL || own.at == NULL) {
        return false;
    }
    bind_document(api, add(api, mount->set, path.at));
    if (mount->prefix.len > 0) {
        bind_document(api, add(api, mount->set, own.at));
    }
    return true;
}

bool documents_bind(struct api *api)
{
    struct api_context *context = &api->context;
    size_t mounts = context->options.mount_count;
    context->documents =
        arena_take_array(&api->arena, DOCUMENTS_MAX(mounts), sizeof *context->documents);
    api->document_texts =
        arena_take_array(&api->arena, DOCUMENTS_MAX(mounts), sizeof *api->document_texts);
    if (context->documents == NULL || api->document_texts == NULL) {
        return false;
    }
    bind_document(api, add(api, NULL, ROOT_PATH));
    bind_document(api, add(api, &routes_native, NATIVE_PATH));
    for (size_t i = 0; i < mounts; i++) {
        if (!bind_mount(api, &context->options.mounts[i])) {
            return false;
        }
    }
    return true;
}

/* --- their texts ------------------------------------------------------------------------------ */

/* Whose parts are put together, and the memory for it. */
struct writing {
    const struct api *api;
    struct arena *scratch;
    struct openapi_part *parts;
};

/* The rows of the set that are served, at their prefix. False when out of memory. */
static bool make_part(const struct writing *writing, const struct row_set *set, struct view prefix,
                      struct openapi_part *out)
{
    const struct api *api = writing->api;
    const struct row **rows = arena_take_array(writing->scratch, api->binding_count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; rows != NULL && i < api->binding_count; i++) {
        if (api->bindings[i].set == set) {
            rows[count++] = api->bindings[i].row;
        }
    }
    *out = (struct openapi_part){.set = set, .prefix = prefix, .rows = rows, .count = count};
    return rows != NULL;
}

static struct view prefix_of(const struct api *api, const struct row_set *set)
{
    for (size_t i = 0; i < api->context.options.mount_count; i++) {
        if (api->context.options.mounts[i].set == set) {
            return api->context.options.mounts[i].prefix;
        }
    }
    return VIEW("");
}

/* Of the set alone, or (NULL) of all at "/". Returns how many; 0 when out of memory. */
static size_t make_parts(const struct writing *writing, const struct row_set *set)
{
    const struct api_options *options = &writing->api->context.options;
    const struct row_set *first = set != NULL ? set : &routes_native;
    size_t count = 1;
    if (!make_part(writing, first, prefix_of(writing->api, first), &writing->parts[0])) {
        return 0;
    }
    for (size_t i = 0; set == NULL && i < options->mount_count; i++) {
        const struct api_mount *mount = &options->mounts[i];
        if (mount->prefix.len > 0) {
            continue;
        }
        if (!make_part(writing, mount->set, mount->prefix, &writing->parts[count])) {
            return 0;
        }
        writing->parts[count++].apart = true;
    }
    return count;
}

static struct view write_body(const struct api_document *document, struct arena *scratch)
{
    struct writing writing = {.api = document->api, .scratch = scratch};
    size_t most = document->api->context.options.mount_count + 1;
    writing.parts = arena_take_array(scratch, most, sizeof *writing.parts);
    size_t count = writing.parts != NULL ? make_parts(&writing, document->set) : 0;
    return count > 0 ? openapi_write(writing.parts, count, OPENAPI_COMPACT, scratch)
                     : view_make(NULL, 0);
}

/* Holds the lock. */
static void write_text(const struct api_document *document)
{
    struct api_document_text *text = document->text;
    struct arena scratch;
    arena_init(&scratch, 0);
    struct view body = write_body(document, &scratch);
    text->etag = body.at != NULL ? etag_of(body, &text->arena) : body;
    if (text->etag.at != NULL) {
        text->body = arena_copy_view(&text->arena, body);
    }
    arena_clear(&scratch);
}

bool documents_read(const struct api_document *document, struct view *body, struct view *etag)
{
    struct api_document_text *text = document->text;
    pthread_mutex_lock(&text->lock);
    if (text->body.at == NULL) {
        write_text(document);
    }
    *body = text->body;
    *etag = text->etag;
    pthread_mutex_unlock(&text->lock);
    return body->at != NULL;
}

void documents_free(struct api *api)
{
    for (size_t i = 0; i < api->context.document_count; i++) {
        arena_clear(&api->document_texts[i].arena);
        pthread_mutex_destroy(&api->document_texts[i].lock);
    }
}

/* --- what the docs pages offer ---------------------------------------------------------------- */

static void write_entry(struct builder *b, const char *name, const char *path)
{
    builder_text(b, b->len > 1 ? ",{\"name\":" : "{\"name\":");
    builder_json(b, view_of(name));
    builder_text(b, ",\"url\":");
    builder_json(b, view_of(path));
    builder_char(b, '}');
}

static bool is_any_at_root(const struct api_options *options)
{
    for (size_t i = 0; i < options->mount_count; i++) {
        if (options->mounts[i].prefix.len == 0) {
            return true;
        }
    }
    return false;
}

/* The dialects first: who mounts one came for it. */
bool documents_list(struct api *api)
{
    struct api_context *context = &api->context;
    struct builder b;
    builder_init(&b, &api->arena, LIST_MAX_BYTES);
    builder_char(&b, '[');
    for (size_t i = 0; i < context->document_count; i++) {
        const struct api_document *document = &context->documents[i];
        bool dialect = document->set != NULL && document->set != &routes_native;
        if (dialect && view_starts_with(view_of(document->path), VIEW("/openapi/"))) {
            write_entry(&b, document->set->name, document->path);
        }
    }
    write_entry(&b, routes_native.title,
                context->options.mount_count > 0 ? NATIVE_PATH : ROOT_PATH);
    if (is_any_at_root(&context->options)) {
        write_entry(&b, ALL_AT_ROOT, ROOT_PATH);
    }
    builder_char(&b, ']');
    return builder_end(&b, &context->documents_list);
}

struct view api_openapi(const struct row_set *set, struct arena *arena)
{
    size_t count = row_set_count(set);
    const struct row **rows = arena_take_array(arena, count, sizeof *rows);
    struct openapi_part part = {.set = set, .prefix = VIEW(""), .rows = rows, .count = count};
    size_t next = 0;
    for (size_t i = 0; rows != NULL && i < set->group_count; i++) {
        for (size_t j = 0; j < set->groups[i]->count; j++) {
            rows[next++] = &set->groups[i]->rows[j];
        }
    }
    return rows != NULL ? openapi_write(&part, 1, OPENAPI_PRETTY, arena) : (struct view){NULL, 0};
}
