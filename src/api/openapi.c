#include "api/openapi.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi_schema.h"
#include "base/builder.h"

#define STATUS_SIZE 4 /* three digits and NUL */
#define CODES_MAX_BYTES 1024
#define INDENT 2
#define VERSION_PARAMETER                                                                          \
    "The `ETag` of the record as it was read: one that has changed since is left alone (412)."
#define JSON_TYPE "application/json"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define PROBLEM_TYPE "application/problem+json"
#define PROBLEM_REF "#/components/schemas/Problem"

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
                           json_t *schemas)
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

static void set_parameters(json_t *operation, const struct row *row, json_t *schemas)
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

static void set_body(json_t *operation, const struct row *row, json_t *schemas)
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
    if (!row->paged) {
        return;
    }
    json_object_set_new(
        response, "headers",
        json_pack("{s:o,s:o}", "X-Total-Count", header_of("Items on all pages.", "integer"), "Link",
                  header_of("The next and the previous page (RFC 8288).", "string")));
}

static json_t *good_response(const struct row *row, enum result result, json_t *schemas)
{
    json_t *response = json_pack("{s:s}", "description", result_title(result));
    bool empty = result == RESULT_NO_CONTENT || result == RESULT_NOT_MODIFIED;
    if (empty) {
        return response;
    }
    set_good_headers(response, row);
    if (row->reply != NULL) {
        json_t *schema = openapi_schema_ref(row->reply, OPENAPI_OUT, schemas);
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

static json_t *problem_response(const char *description)
{
    return json_pack("{s:s,s:{s:{s:{s:s}}}}", "description", description, "content", PROBLEM_TYPE,
                     "schema", "$ref", PROBLEM_REF);
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

/* One response for all results of that status; its description lists their codes. */
static json_t *refusal(const enum result *results, size_t count, int status)
{
    char text[CODES_MAX_BYTES];
    struct builder codes;
    builder_init_fixed(&codes, text, sizeof text);
    for (size_t i = 0; i < count; i++) {
        if (result_status(results[i]) == status) {
            builder_text(&codes, codes.len == 0 ? "`" : ", `");
            builder_text(&codes, result_code(results[i]));
            builder_text(&codes, "`: ");
            builder_text(&codes, result_title(results[i]));
        }
    }
    builder_char(&codes, '\0');
    struct view end;
    json_t *response = problem_response(builder_end(&codes, &end) ? text : "A problem");
    set_status_headers(response, status);
    return response;
}

static int compare_results(const void *a, const void *b)
{
    int first = result_status(*(const enum result *)a);
    int second = result_status(*(const enum result *)b);
    return (first > second) - (first < second);
}

static void set_responses(json_t *operation, const struct row *row, json_t *schemas)
{
    enum result answers[RESULT_COUNT];
    size_t count = row_answers(row, answers);
    qsort(answers, count, sizeof answers[0], compare_results);
    json_t *responses = json_object();
    for (size_t i = 0; i < count; i++) {
        char key[STATUS_SIZE];
        int status = result_status(answers[i]);
        (void)snprintf(key, sizeof key, "%03u", (unsigned)status % 1000U);
        if (json_object_get(responses, key) != NULL) {
            continue;
        }
        bool good = result_is_good(answers[i]);
        json_object_set_new(responses, key,
                            good ? good_response(row, answers[i], schemas)
                                 : refusal(answers, count, status));
    }
    json_object_set_new(responses, "default",
                        problem_response("What goes wrong outside of this operation, such as a "
                                         "request that takes too long to arrive."));
    json_object_set_new(operation, "responses", responses);
}

/* --- operations ------------------------------------------------------------------------------- */

static void set_security(json_t *operation, const struct row *row)
{
    json_t *schemes = json_array();
    if (row->auth != ROW_PUBLIC) {
        json_array_append_new(schemes, json_pack("{s:[]}", "oauth2"));
        json_array_append_new(schemes, json_pack("{s:[]}", "bearer"));
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
    if (row->flag.name != NULL) {
        text = arena_format(arena, "%.*s `%s=true` needs `%s` too.", VIEW_ARG(text), row->flag.name,
                            row->flag.permission);
    }
    if (text.len > 0) {
        json_object_set_new(operation, "description", json_stringn(text.at, text.len));
    }
}

static json_t *operation_of(const struct row *row, json_t *schemas, struct arena *arena)
{
    json_t *operation = json_pack("{s:s,s:[s],s:s}", "operationId", row->id, "tags", row->tag,
                                  "summary", row->summary);
    set_description(operation, row, arena);
    set_security(operation, row);
    set_parameters(operation, row, schemas);
    set_body(operation, row, schemas);
    set_responses(operation, row, schemas);
    return operation;
}

static const char *const method_keys[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "get",     [HTTP_POST] = "post",     [HTTP_PUT] = "put",
    [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
};

static void add_row(json_t *paths, const struct row *row, json_t *schemas, struct arena *arena)
{
    json_t *path = json_object_get(paths, row->path);
    if (path == NULL) {
        path = json_object();
        json_object_set_new(paths, row->path, path);
    }
    json_object_set_new(path, method_keys[row->method], operation_of(row, schemas, arena));
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

/* --- what all documents share ----------------------------------------------------------------- */

static const char problem_schema[] =
    "{\"type\":\"object\",\"description\":\"A problem document (RFC 9457).\","
    "\"required\":[\"type\",\"title\",\"status\",\"code\",\"detail\"],\"properties\":{"
    "\"type\":{\"type\":\"string\"},"
    "\"title\":{\"type\":\"string\",\"description\":\"The same for every problem of this code.\"},"
    "\"status\":{\"type\":\"integer\"},"
    "\"code\":{\"type\":\"string\",\"description\":\"Stable: programs decide by it.\"},"
    "\"detail\":{\"type\":\"string\",\"description\":\"A sentence about this case.\"},"
    "\"errors\":{\"type\":\"array\",\"description\":\"Faults of the input, 16 at "
    "most.\",\"items\":{"
    "\"type\":\"object\",\"required\":[\"loc\",\"code\",\"msg\"],\"properties\":{"
    "\"loc\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
    "\"description\":\"The part of the request, then the member.\"},"
    "\"code\":{\"type\":\"string\"},\"msg\":{\"type\":\"string\"}}}}}}";

static const char security_schemes[] =
    "{\"oauth2\":{\"type\":\"oauth2\",\"flows\":{\"password\":{\"tokenUrl\":\"/v1/auth/login\","
    "\"refreshUrl\":\"/v1/auth/refresh\",\"scopes\":{}}}},"
    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}";

static json_t *document_of(const struct row_set *set, const struct row *const *rows, size_t count,
                           struct arena *arena)
{
    json_t *paths = json_object();
    json_t *tags = json_array();
    json_t *schemas = json_object();
    json_object_set_new(schemas, "Problem", json_loads(problem_schema, 0, NULL));
    for (size_t i = 0; i < count; i++) {
        if (!rows[i]->hidden) {
            add_tag(tags, rows[i]->tag);
            add_row(paths, rows[i], schemas, arena);
        }
    }
    return json_pack("{s:s,s:{s:s,s:s,s:s},s:o,s:o,s:{s:o,s:o}}", "openapi", "3.1.0", "info",
                     "title", set->title, "version", LATCHKEY_VERSION, "description",
                     set->description, "tags", tags, "paths", paths, "components", "schemas",
                     schemas, "securitySchemes", json_loads(security_schemes, 0, NULL));
}

struct view openapi_write(const struct row_set *set, const struct row *const *rows, size_t count,
                          enum openapi_layout layout, struct arena *arena)
{
    CLEANUP(release_json)
    json_t *document = document_of(set, rows, count, arena);
    size_t flags = layout == OPENAPI_PRETTY ? JSON_INDENT(INDENT) : JSON_COMPACT;
    char *text = document != NULL ? json_dumps(document, flags) : NULL;
    struct view out = {NULL, 0};
    if (text != NULL) {
        out = arena_copy_view(arena, view_of(text));
    }
    free(text);
    return out;
}
