/* The docs pages, their files, and the way there from "/". */
#include "api/context.h"
#include "api/routes.h"
#include "base/builder.h"
#include "http/static.h"

#define TAG "Docs"
#define SEE_OTHER 303

static enum result serve_file(struct api_call *call)
{
    static_serve(call->asset, call->request, call->reply);
    if (call->reply->result == RESULT_NOT_ACCEPTABLE) {
        call->service.detail = VIEW("This file is served with gzip only.");
    }
    return call->reply->result;
}

/* Which documents the pages offer: one more for each dialect. */
static enum result documents(struct api_call *call)
{
    call->reply->content_type = "application/json";
    call->reply->body = call->api->documents_list;
    return RESULT_OK;
}

static enum result to_docs(struct api_call *call)
{
    reply_header(call->reply, "Location", VIEW("/docs"));
    call->reply->status = SEE_OTHER;
    return RESULT_OK;
}

static const enum result file_results[] = {RESULT_OK, RESULT_NOT_MODIFIED, RESULT_NOT_ACCEPTABLE,
                                           RESULT_COUNT};
static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};

const struct row routes_docs_file = {
    .id = "getFile",
    .method = METHOD_GET,
    .path = "/docs/{file}", /* the file's own path is served */
    .lane = ROW_INLINE,
    .auth = ROW_PUBLIC,
    .rate = ROW_FREE,
    .results = file_results,
    .tag = TAG,
    .summary = "A file of the docs pages",
    .hidden = true,
    .handle = serve_file,
};

static const struct row rows[] = {
    {.id = "getDocuments",
     .method = METHOD_GET,
     .path = "/docs/documents.json",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .reply_type = "application/json",
     .results = ok_results,
     .tag = TAG,
     .summary = "The OpenAPI documents there are",
     .hidden = true,
     .handle = documents},
    {.id = "getRoot",
     .method = METHOD_GET,
     .path = "/",
     .lane = ROW_INLINE,
     .auth = ROW_PUBLIC,
     .rate = ROW_FREE,
     .results = ok_results,
     .tag = TAG,
     .summary = "To the docs",
     .hidden = true,
     .handle = to_docs},
};

const struct row_group routes_docs = {ROWS(rows)};
