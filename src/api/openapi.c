#include "api/openapi.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi_schema.h"
#include "api/routes.h"
#include "base/builder.h"

#define STATUS_SIZE 4 /* three digits and NUL */
#define REASONS_MAX_BYTES 1024
#define INDENT 2
#define VERSION_PARAMETER                                                                          \
    "The `ETag` of the record as it was read: one that has changed since is left alone (412)."
#define JSON_TYPE "application/json"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define NAME_SIZE 96
#define SCHEMAS_MAX_BYTES ((size_t)16 * 1024)
#define SCHEMA_REF "#/components/schemas/"

/* What the parts of a document are written into. */
struct document {
    json_t *paths;
    json_t *tags;
    json_t *security_schemes;
    struct openapi_schemas schemas;
    const struct openapi_part *part; /* the one at work */
    struct arena *arena;
};

static void release_json(json_t **json)
{
    json_decref(*json);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, key, json_string(text));
    }
}

/* --- parameters and body ---------------------------------------------------------------------- */

static void add_parameters(json_t *parameters, const struct table *table, const char *place,
                           struct openapi_schemas *schemas)
{
    bool in_path = strcmp(place, "path") == 0;
    for (size_t i = 0; table != NULL && i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        json_t *parameter = json_pack("{s:s,s:s}", "name", field->name, "in", place);
        if (in_path || (field->flags & FIELD_REQUIRED) != 0) {
            json_object_set_new(parameter, "required", json_true());
        }
        set_text(parameter, "description", field->description);
        json_t *schema = openapi_schema_field(field, schemas);
        json_object_del(schema, "description");
        json_object_set_new(parameter, "schema", schema);
        json_array_append_new(parameters, parameter);
    }
}

static void set_parameters(json_t *operation, const struct row *row,
                           struct openapi_schemas *schemas)
{
    json_t *parameters = json_array();
    add_parameters(parameters, row->params, "path", schemas);
    add_parameters(parameters, row->query, "query", schemas);
    if (row_takes_version(row)) {
        json_array_append_new(parameters, json_pack("{s:s,s:s,s:s,s:{s:s}}", "name", "If-Match",
                                                    "in", "header", "description",
                                                    VERSION_PARAMETER, "schema", "type", "string"));
    }
    if (json_array_size(parameters) > 0) {
        json_object_set(operation, "parameters", parameters);
    }
    json_decref(parameters);
}

static void set_body(json_t *operation, const struct row *row, struct openapi_schemas *schemas)
{
    if (row->body == NULL) {
        return;
    }
    json_t *content = json_object();
    if ((row->body_forms & ROW_JSON) != 0) {
        json_object_set_new(
            content, JSON_TYPE,
            json_pack("{s:o}", "schema", openapi_schema_ref(row->body, OPENAPI_JSON_IN, schemas)));
    }
    if ((row->body_forms & ROW_FORM) != 0) {
        json_object_set_new(
            content, FORM_TYPE,
            json_pack("{s:o}", "schema", openapi_schema_ref(row->body, OPENAPI_FORM_IN, schemas)));
    }
    /* Multipart is not named: generated clients would send both kinds of form. */
    json_object_set_new(
        operation, "requestBody",
        json_pack("{s:b,s:o}", "required", !row->body_optional, "content", content));
}

/* --- responses -------------------------------------------------------------------------------- */

static json_t *header_of(const char *description, const char *type)
{
    return json_pack("{s:s,s:{s:s}}", "description", description, "schema", "type", type);
}

static void set_good_headers(json_t *response, const struct row *row)
{
    if (row->versioned) {
        json_object_set_new(
            response, "headers",
            json_pack("{s:o}", "ETag",
                      header_of("The record's version, for `If-Match`.", "string")));
    }
    if (row->reply_list) {
        json_object_set_new(
            response, "headers",
            json_pack("{s:o}", "X-Total-Count", header_of("Items there are in all.", "integer")));
    }
    if (!row->paged) {
        return;
    }
    json_object_set_new(
        response, "headers",
        json_pack("{s:o,s:o}", "X-Total-Count", header_of("Items on all pages.", "integer"), "Link",
                  header_of("The next and the previous page (RFC 8288).", "string")));
}

static json_t *told_headers(const struct row_header *headers)
{
    json_t *told = json_object();
    for (; headers->name != NULL; headers++) {
        json_object_set_new(told, headers->name, header_of(headers->description, "string"));
    }
    return told;
}

static json_t *good_response(const struct row *row, enum result result,
                             struct openapi_schemas *schemas)
{
    json_t *response = json_pack("{s:s}", "description", result_title(result));
    bool empty = result == RESULT_NO_CONTENT || result == RESULT_NOT_MODIFIED;
    if (empty) {
        return response;
    }
    set_good_headers(response, row);
    if (row->reply_headers != NULL) {
        json_object_set_new(response, "headers", told_headers(row->reply_headers));
    }
    if (row->reply != NULL) {
        json_t *schema = openapi_schema_ref(row->reply, OPENAPI_OUT, schemas);
        if (row->reply_list) {
            schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
        }
        json_object_set_new(response, "content",
                            json_pack("{s:{s:o}}", JSON_TYPE, "schema", schema));
    } else if (row->reply_type != NULL) {
        bool json = strcmp(row->reply_type, JSON_TYPE) == 0;
        json_object_set_new(response, "content",
                            json_pack("{s:{s:{s:s}}}", row->reply_type, "schema", "type",
                                      json ? "object" : "string"));
    }
    return response;
}

static json_t *refusal_response(const struct document *document, const struct style *style,
                                const char *description, int status)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "%s%s", document->schemas.prefix, style->schema_of(status));
    return json_pack("{s:s,s:{s:{s:o}}}", "description", description, "content", style->media_type,
                     "schema", openapi_schema_named(name));
}

/* Headers that come with a status: the client must look at them. */
static const struct status_header {
    int status;
    const char *name;
    const char *description;
    const char *type;
} status_headers[] = {
    {401, "WWW-Authenticate", "The scheme, and what is wrong (RFC 6750).", "string"},
    {429, "Retry-After", "Seconds to wait.", "integer"},
    {503, "Retry-After", "Seconds to wait.", "integer"},
};

static void set_status_headers(json_t *response, int status)
{
    for (size_t i = 0; i < ARRAY_LEN(status_headers); i++) {
        const struct status_header *header = &status_headers[i];
        if (header->status == status) {
            json_object_set_new(
                response, "headers",
                json_pack("{s:o}", header->name, header_of(header->description, header->type)));
        }
    }
}

static int status_of(const struct style *style, enum result result)
{
    return result_is_good(result) ? result_status(result) : style->status(result);
}

static void write_reason(const struct style *style, struct builder *b, enum result result)
{
    if (style->sentence != NULL) {
        builder_text(b, b->len == 0 ? "" : "; ");
        builder_text(b, style->sentence(result));
        return;
    }
    builder_text(b, b->len == 0 ? "`" : ", `");
    builder_text(b, style->word != NULL ? style->word(result) : result_code(result));
    builder_text(b, "`: ");
    builder_text(b, result_title(result));
}

/* One response for all results of that status; its description says which. */
static json_t *refusal(const struct document *document, const struct style *style,
                       const enum result *results, size_t count, int status)
{
    char text[REASONS_MAX_BYTES];
    struct builder reasons;
    builder_init_fixed(&reasons, text, sizeof text);
    for (size_t i = 0; i < count; i++) {
        if (status_of(style, results[i]) == status) {
            write_reason(style, &reasons, results[i]);
        }
    }
    builder_char(&reasons, '\0');
    struct view end;
    const char *description = builder_end(&reasons, &end) ? text : "A refusal";
    json_t *response = refusal_response(document, style, description, status);
    set_status_headers(response, status);
    return response;
}

static int compare_statuses(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static json_t *response_of(struct document *document, const struct row *row,
                           const enum result *answers, size_t count, int status)
{
    for (size_t i = 0; i < count; i++) {
        if (result_is_good(answers[i]) && result_status(answers[i]) == status) {
            return good_response(row, answers[i], &document->schemas);
        }
    }
    return refusal(document, row_style(row, document->part->set), answers, count, status);
}

static void set_responses(struct document *document, json_t *operation, const struct row *row)
{
    const struct style *style = row_style(row, document->part->set);
    enum result answers[RESULT_COUNT];
    int statuses[RESULT_COUNT];
    size_t count = row_answers(row, answers);
    for (size_t i = 0; i < count; i++) {
        statuses[i] = status_of(style, answers[i]);
    }
    qsort(statuses, count, sizeof statuses[0], compare_statuses);
    json_t *responses = json_object();
    for (size_t i = 0; i < count; i++) {
        char key[STATUS_SIZE];
        (void)snprintf(key, sizeof key, "%03u", (unsigned)statuses[i] % 1000U);
        if (json_object_get(responses, key) == NULL) {
            json_object_set_new(responses, key,
                                response_of(document, row, answers, count, statuses[i]));
        }
    }
    json_object_set_new(responses, "default",
                        refusal_response(document, style,
                                         "What goes wrong outside of this operation, such as a "
                                         "request that takes too long to arrive.",
                                         0));
    json_object_set_new(operation, "responses", responses);
}

/* --- operations ------------------------------------------------------------------------------- */

static void scheme_name(const struct document *document, char out[NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, "%s%s", document->schemas.prefix, document->part->set->scheme);
}

static bool is_native(const struct document *document)
{
    return document->part->set == &routes_native;
}

static void set_security(const struct document *document, json_t *operation, const struct row *row)
{
    char name[NAME_SIZE];
    scheme_name(document, name);
    json_t *schemes = json_array();
    bool anybody = row->auth == ROW_PUBLIC || row->auth == ROW_CLIENT_OPTIONAL;
    if (!anybody) {
        json_array_append_new(schemes, json_pack("{s:[]}", name));
    }
    if (!anybody && is_native(document)) {
        json_array_append_new(schemes, json_pack("{s:[]}", "bearer"));
    }
    if (row->auth == ROW_CLIENT_OR_BEARER) {
        json_array_append_new(schemes, json_pack("{s:[]}", "client"));
    }
    json_object_set_new(operation, "security", schemes);
}

static void set_description(json_t *operation, const struct row *row, struct arena *arena)
{
    struct view text = view_of(row->description);
    if (row->permission != NULL) {
        text = arena_format(arena, "%.*s%sNeeds the permission `%s`%s.", VIEW_ARG(text),
                            text.len > 0 ? " " : "", row->permission,
                            row->self_param != NULL   ? ", unless it is one's own record"
                            : row->owner.find != NULL ? ", unless one owns it"
                                                      : "");
    }
    if (row->guarded.member != NULL) {
        text = arena_format(arena, "%.*s%s`%s%s` needs `%s` too.", VIEW_ARG(text),
                            text.len > 0 ? " " : "", row->guarded.member,
                            row->body == NULL ? "=true" : "", row->guarded.permission);
    }
    if (text.len > 0) {
        json_object_set_new(operation, "description", json_stringn(text.at, text.len));
    }
}

static json_t *operation_of(struct document *document, const struct row *row)
{
    json_t *operation = json_pack("{s:s,s:[s],s:s}", "operationId", row->id, "tags", row->tag,
                                  "summary", row->summary);
    set_description(operation, row, document->arena);
    set_security(document, operation, row);
    set_parameters(operation, row, &document->schemas);
    set_body(operation, row, &document->schemas);
    set_responses(document, operation, row);
    return operation;
}

static const char *const method_keys[METHOD_COUNT] = {
    [METHOD_GET] = "get",     [METHOD_POST] = "post",     [METHOD_PUT] = "put",
    [METHOD_PATCH] = "patch", [METHOD_DELETE] = "delete",
};

static void add_row(struct document *document, const struct row *row)
{
    struct view key =
        arena_format(document->arena, "%.*s%s", VIEW_ARG(document->part->prefix), row->path);
    if (key.at == NULL) {
        return;
    }
    json_t *path = json_object_get(document->paths, key.at);
    if (path == NULL) {
        path = json_object();
        json_object_set_new(document->paths, key.at, path);
    }
    json_object_set_new(path, method_keys[row->method], operation_of(document, row));
}

static void add_tag(json_t *tags, const char *name)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *known = json_string_value(json_object_get(json_array_get(tags, i), "name"));
        if (known != NULL && strcmp(known, name) == 0) {
            return;
        }
    }
    json_array_append_new(tags, json_pack("{s:s}", "name", name));
}

/* --- documents -------------------------------------------------------------------------------- */

/* OAuth 2's password flow: where Authorize of the docs pages logs in. */
static void add_security_scheme(struct document *document)
{
    const struct openapi_part *part = document->part;
    struct view token =
        arena_format(document->arena, "%.*s%s", VIEW_ARG(part->prefix), part->set->token_path);
    char name[NAME_SIZE];
    scheme_name(document, name);
    json_t *flow = json_pack("{s:s,s:{}}", "tokenUrl", token.at, "scopes");
    set_text(flow, "refreshUrl", part->set->refresh_path);
    json_object_set_new(document->security_schemes, name,
                        json_pack("{s:s,s:{s:o}}", "type", "oauth2", "flows", "password", flow));
    if (is_native(document)) {
        json_object_set_new(
            document->security_schemes, "bearer",
            json_pack("{s:s,s:s,s:s}", "type", "http", "scheme", "bearer", "bearerFormat", "JWT"));
        json_object_set_new(document->security_schemes, "client",
                            json_pack("{s:s,s:s,s:s}", "type", "http", "scheme", "basic",
                                      "description",
                                      "The client of `INTROSPECTION_CLIENT`, with its secret."));
    }
}

/* The schemas refer to each other by names without the prefix. */
static struct view with_prefix(const struct document *document, const char *schemas)
{
    struct builder b;
    struct view text = {NULL, 0};
    struct view rest = view_of(schemas);
    builder_init(&b, document->arena, SCHEMAS_MAX_BYTES);
    while (rest.len > 0) {
        bool reference = view_starts_with(rest, VIEW(SCHEMA_REF));
        struct view piece = view_sub(rest, 0, reference ? sizeof SCHEMA_REF - 1 : 1);
        builder_add(&b, piece);
        builder_text(&b, reference ? document->schemas.prefix : "");
        rest = view_sub(rest, piece.len, SIZE_MAX);
    }
    return builder_end(&b, &text) ? text : VIEW("{}");
}

static void add_refusal_schemas(struct document *document, const struct style *style)
{
    struct view text = with_prefix(document, style->schemas);
    json_t *schemas = json_loadb(text.at, text.len, 0, NULL);
    const char *key;
    json_t *schema;
    json_object_foreach(schemas, key, schema)
    {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "%s%s", document->schemas.prefix, key);
        json_object_set(document->schemas.json, name, schema);
    }
    json_decref(schemas);
}

/* "FastapiCrud" of "fastapi-crud". */
static const char *prefix_of(const struct row_set *set, struct arena *arena)
{
    char *out = arena_copy(arena, view_of(set->name));
    size_t len = 0;
    bool upper = true;
    for (const char *c = set->name; out != NULL && *c != '\0'; c++) {
        if (*c == '-') {
            upper = true;
            continue;
        }
        bool lower_case = *c >= 'a' && *c <= 'z';
        out[len++] = upper && lower_case ? (char)(*c - 'a' + 'A') : *c;
        upper = false;
    }
    if (out != NULL) {
        out[len] = '\0';
    }
    return out;
}

static void add_part(struct document *document, const struct openapi_part *part)
{
    document->part = part;
    document->schemas.prefix = part->apart ? prefix_of(part->set, document->arena) : "";
    if (document->schemas.prefix == NULL) {
        return;
    }
    add_security_scheme(document);
    add_refusal_schemas(document, part->set->style);
    for (size_t i = 0; i < part->count; i++) {
        if (!part->rows[i]->hidden) {
            add_refusal_schemas(document, row_style(part->rows[i], part->set));
            add_tag(document->tags, part->rows[i]->tag);
            add_row(document, part->rows[i]);
        }
    }
}

static json_t *document_of(const struct openapi_part *parts, size_t count, struct arena *arena)
{
    struct document document = {.paths = json_object(),
                                .tags = json_array(),
                                .security_schemes = json_object(),
                                .schemas = {.json = json_object()},
                                .arena = arena};
    for (size_t i = 0; i < count; i++) {
        add_part(&document, &parts[i]);
    }
    return json_pack("{s:s,s:{s:s,s:s,s:s},s:o,s:o,s:{s:o,s:o}}", "openapi", "3.1.0", "info",
                     "title", parts->set->title, "version", LATCHKEY_VERSION, "description",
                     parts->set->description, "tags", document.tags, "paths", document.paths,
                     "components", "schemas", document.schemas.json, "securitySchemes",
                     document.security_schemes);
}

struct view openapi_write(const struct openapi_part *parts, size_t count,
                          enum openapi_layout layout, struct arena *arena)
{
    CLEANUP(release_json)
    json_t *document = document_of(parts, count, arena);
    size_t flags = layout == OPENAPI_PRETTY ? JSON_INDENT(INDENT) : JSON_COMPACT;
    char *text = document != NULL ? json_dumps(document, flags) : NULL;
    struct view out = {NULL, 0};
    if (text != NULL) {
        out = arena_copy_view(arena, view_of(text));
    }
    free(text);
    return out;
}
