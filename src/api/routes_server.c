/* Health, keys, metrics, OpenAPI documents. */
#include "api/context.h"
#include "api/documents.h"
#include "api/routes.h"
#include "base/builder.h"
#include "http/static.h"
#include "service/keys.h"

#define TAG "Server"
#define JSON_TYPE "application/json"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_MAX_BYTES ((size_t)4 * 1024 * 1024)

/* --- health ----------------------------------------------------------------------------------- */

struct health {
    struct view status;
};

static const struct field health_fields[] = {
    {.name = "status",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct health, status),
     .example = "\"ok\""},
};

static const struct table health_table = {
    .name = "Health",
    .size = sizeof(struct health),
    FIELDS(health_fields),
};

static enum result live(struct api_call *call)
{
    static const struct health ok = {.status = {"ok", 2}};
    call->out = &ok;
    return RESULT_OK;
}

static enum result ready(struct api_call *call)
{
    enum result result = store_ping(call->service.store);
    if (result != RESULT_OK) {
        return RESULT_STORE_UNAVAILABLE;
    }
    return service_is_fresh(call->service.service) ? live(call) : RESULT_STALE;
}

/* --- keys ------------------------------------------------------------------------------------- */

static enum result jwks(struct api_call *call)
{
    struct view document = keys_jwks(call->service.service, call->service.arena);
    if (document.at == NULL) {
        return RESULT_INTERNAL;
    }
    call->reply->content_type = JSON_TYPE;
    call->reply->body = document;
    /* A verifier that meets an unknown key asks again; five minutes bound the retiring of one. */
    reply_header(call->reply, "Cache-Control", VIEW("public, max-age=300"));
    return RESULT_OK;
}

/* --- metrics ---------------------------------------------------------------------------------- */

static enum result metrics(struct api_call *call)
{
    struct builder text;
    builder_init(&text, call->service.arena, METRICS_MAX_BYTES);
    metrics_write(call->api->options.metrics, &text);
    call->reply->content_type = METRICS_TYPE;
    return builder_end(&text, &call->reply->body) ? RESULT_OK : RESULT_INTERNAL;
}

/* --- OpenAPI ---------------------------------------------------------------------------------- */

static enum result openapi(struct api_call *call)
{
    struct view body;
    struct view etag;
    if (!documents_read(call->document, &body, &etag)) {
        return RESULT_INTERNAL;
    }
    reply_header(call->reply, "ETag", etag);
    reply_header(call->reply, "Cache-Control", VIEW("no-cache"));
    if (static_is_known(call->request, etag)) {
        return RESULT_NOT_MODIFIED;
    }
    call->reply->content_type = JSON_TYPE;
    call->reply->body = body;
    return RESULT_OK;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};
static const enum result ready_results[] = {RESULT_OK, RESULT_STORE_UNAVAILABLE, RESULT_STALE,
                                            RESULT_COUNT};
static const enum result document_results[] = {RESULT_OK, RESULT_NOT_MODIFIED, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "live",
     .method = METHOD_GET,
     .path = "/health/live",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply = &health_table,
     .results = ok_results,
     .tag = TAG,
     .summary = "Is the process alive?",
     .handle = live},
    {.id = "ready",
     .method = METHOD_GET,
     .path = "/health/ready",
     .lane = ROW_STORE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply = &health_table,
     .results = ready_results,
     .tag = TAG,
     .summary = "Can it serve?",
     .description = "Yes when the database answers and no change elsewhere was missed.",
     .handle = ready},
    {.id = "getKeys",
     .method = METHOD_GET,
     .path = "/.well-known/jwks.json",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply_type = JSON_TYPE,
     .results = ok_results,
     .tag = TAG,
     .summary = "The public keys of access tokens",
     .description = "A JWK set (RFC 7517); empty when tokens are signed with a shared secret.",
     .handle = jwks},
    {.id = "getOpenApi",
     .method = METHOD_GET,
     .path = "/openapi.json",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply_type = JSON_TYPE,
     .results = document_results,
     .tag = TAG,
     .summary = "This document",
     .handle = openapi},
    {.id = "getNativeOpenApi",
     .method = METHOD_GET,
     .path = "/openapi/native.json",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply_type = JSON_TYPE,
     .results = document_results,
     .tag = TAG,
     .summary = "The native API's document",
     .handle = openapi},
};

const struct row_group routes_server = {ROWS(rows)};

const struct row routes_document = {
    .id = "getDialectOpenApi",
    .method = METHOD_GET,
    .path = "/openapi/{name}", /* the documents' own paths are served */
    .lane = ROW_INLINE,
    .auth = ROW_PUBLIC,
    .rate = ROW_FREE,
    .reply_type = JSON_TYPE,
    .results = document_results,
    .tag = TAG,
    .summary = "The OpenAPI document of a dialect",
    .hidden = true,
    .handle = openapi,
};

static const struct row metrics_rows[] = {
    {.id = "getMetrics",
     .method = METHOD_GET,
     .path = "/metrics",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply_type = METRICS_TYPE,
     .results = ok_results,
     .tag = TAG,
     .summary = "Metrics in Prometheus' text format",
     .handle = metrics},
};

const struct row_group routes_metrics = {ROWS(metrics_rows)};
