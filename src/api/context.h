/* What api_new builds and every request reads: constant from then on, but for documents' texts. */
#ifndef LATCHKEY_API_CONTEXT_H
#define LATCHKEY_API_CONTEXT_H

#include <pthread.h>

#include "api/api.h"
#include "api/observe.h"
#include "api/row.h"
#include "base/arena.h"
#include "http/router.h"
#include "service/principal.h"

/* A served row (or file) with its run-time record. */
struct api_binding {
    const struct row *row;
    const struct row_set *set;
    const char *path;                    /* with the prefix it is mounted at */
    const struct http_asset *asset;      /* NULL for others than files */
    const struct api_document *document; /* NULL for others than OpenAPI documents */
    struct observe_series series;
};

/* The text of an OpenAPI document, written when it is first asked for. */
struct api_document_text {
    pthread_mutex_t lock; /* guards what follows; what is written stays as it is */
    struct arena arena;
    struct view body; /* .at NULL: not written yet */
    struct view etag; /* with its quotes */
};

/* An OpenAPI document as served. */
struct api_document {
    const struct row_set *set; /* NULL: of all that is mounted at "/" */
    const char *path;
    const struct api *api;
    struct api_document_text *text;
};

struct api_context {
    struct api_options options;
    struct api_document *documents;
    size_t document_count;
    struct view documents_list; /* which of them the docs pages offer, as JSON */
};

struct api {
    struct api_context context;
    struct observe observe;
    struct observe_series unrouted; /* of what no row answers */
    struct router *router;
    struct api_binding *bindings;
    size_t binding_count;
    struct api_document_text *document_texts; /* of context.documents, in their order */
    struct arena arena;                       /* holds all of the above */
    unsigned hash_share; /* places in the hash lane that one address may have at once */
};

/* What is kept of a request between admit and run; in the request's arena, as request->user. */
struct api_exchange {
    struct api_call call;
    struct principal principal;
    struct api_binding *binding;
    struct request *request;     /* as call.request, for the gate to settle its parameters */
    enum row_lane lane;          /* of the row, or of its case */
    enum row_rate rate;          /* likewise; ROW_FREE until a case is known */
    row_handler *handle;         /* likewise; NULL until then */
    row_token_finder *presented; /* likewise; NULL: no token is exchanged */
    bool client;                 /* it is the client, and no person, who asks */
    bool decoded;                /* query and body have been read */
    bool exchanged;              /* its token has been, together with others */
    bool counted;                /* holds one of its address's places in the hash lane */
    bool self_open; /* passed only if the path names the caller or what is theirs: to be asked on a
                       lane */
    bool known;     /* principal is filled */
    const char *lacks_permission; /* which one; NULL unless the gate said so */
};

#endif
