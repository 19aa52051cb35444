/* A row declares an operation, and is the only place that does: the router, the gate, the decoder,
   the OpenAPI document, the docs page and the tests read it. */
#ifndef LATCHKEY_API_ROW_H
#define LATCHKEY_API_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "api/style.h"
#include "api/table.h"
#include "base/attributes.h"
#include "base/result.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/static.h"
#include "service/service.h"

enum row_lane {
    ROW_INLINE = 1, /* memory only, on the I/O thread */
    ROW_READ, /* one bounded read: on the I/O thread when the store's reads are local, else as STORE
                 (ADR 0005) */
    ROW_STORE,
    ROW_GROUP, /* the refresh token of .presented is exchanged together with those of others, then
                  .handle as ROW_STORE; where the store gains nothing by that, both as ROW_STORE
                  (ADR 0021) */
    ROW_HASH
};

/* Zero is no kind: a forgotten guard does not start. */
enum row_auth {
    ROW_PUBLIC = 1,
    ROW_BEARER,           /* a live access token */
    ROW_BEARER_ENDED,     /* a well-signed one; its session may have ended */
    ROW_CLIENT_OR_BEARER, /* the client with its secret, or a live access token with the permission
                           */
    ROW_CLIENT_OPTIONAL   /* anybody; but client credentials that are shown must be right */
};

enum row_rate {
    ROW_FREE = 1,
    ROW_RATE_LOGIN,
    ROW_RATE_SIGNUP,
    ROW_RATE_REFRESH,
    ROW_RATE_PASSWORD
};

enum row_forms {
    ROW_JSON = 1 << 0,
    ROW_FORM = 1 << 1,
    ROW_MULTIPART = 1 << 2 /* the form of a browser's FormData; texts only */
};

struct api_call;
typedef enum result row_handler(struct api_call *call);
/* The refresh token that a request presents; .at NULL: none that may be exchanged. Memory only. */
typedef struct view row_token_finder(const struct api_call *call);

/* Whose the thing is that `key`, the value of a path parameter, names. OK fills *owner; NOT_FOUND;
   STORE_UNAVAILABLE. May ask the store. */
typedef enum result row_owner_finder(struct service_call *call, struct view key, struct id *owner);

/* Lets the owner of a thing pass without the row's permission. Others get the same refusal for
   things that are there and that are not. */
struct row_owner {
    const char *param;      /* the path parameter that names the thing */
    row_owner_finder *find; /* of the service of the resource */
};

/* What describes the parameters of a path, each a text: handlers take them from the request, so
   nothing is ever decoded into it. */
struct path_params {
    struct in_text text;
};
#define PATH_PARAM(name_, description_, example_)                                                  \
    {                                                                                              \
        .name = (name_), .kind = FIELD_TEXT, .offset = offsetof(struct path_params, text),         \
        .description = (description_), .example = (example_)                                       \
    }

/* An operation that is several by one member of its body, each with a lane, a rate class and a
   handler of its own. */
struct row_case {
    const char *value; /* of the member */
    enum row_lane lane;
    enum row_rate rate;
    row_handler *handle;
    row_token_finder *presented; /* of ROW_GROUP */
};
struct row_cases {
    const char *member; /* a required text of the body; NULL: the row has no cases */
    const struct row_case *items;
    size_t count;
    enum result otherwise; /* for any other value */
};

/* A header of the good answer, for the document. */
struct row_header {
    const char *name;
    const char *description;
};

struct row {
    const char *id; /* operationId, camelCase, unique */
    enum http_method method;
    const char *path;
    enum row_lane lane;
    enum row_auth auth;
    const char *permission; /* "users:read"; NULL: none is needed */
    const char *self_param; /* the path parameter that, when it names the caller, makes the
                               permission needless */
    struct row_owner owner; /* of the thing that the path names; {0}: owners have no say */
    /* A member of the body that, when given, needs this permission besides that of the rest; or a
       boolean of the query, when true. Always, of owners and of oneself too. {0}: none. */
    struct row_guarded {
        const char *member;
        const char *permission;
    } guarded;
    /* Texts of the query that ask for a right of the caller: a permission, or one of several roles,
       separated by commas. NULL: none. */
    struct row_asked {
        const char *permission;
        const char *role;
    } asked;
    enum row_rate rate;
    struct row_cases cases; /* lane, rate and handle above and below are then the costliest one's,
                               and NULL, as is presented */
    /* Of the path, in its order; values stay texts. One of kind integer that is none is INVALID;
       a text of format "uuid" or "username" that cannot be one is NOT_FOUND. */
    const struct table *params;
    const struct table
        *query; /* NULL: takes none; a public GET then ignores what comes, others refuse it */
    bool
        ignore_query; /* without a query table: what comes is not looked at, as with a public GET */
    const struct table *body;
    unsigned body_forms; /* of enum row_forms */
    bool body_optional;
    const struct table *reply; /* of the good answer; NULL: none, or not by table (reply_type) */
    bool reply_list;           /* the answer is a bare JSON array: call->out is an out_list */
    const char *reply_type;    /* media type of a good answer that is not by table */
    bool paged;                /* the good answer carries X-Total-Count and Link */
    bool versioned;            /* of a record with a version: see api/version.h */
    const struct row_header *reply_headers; /* ends with a NULL name; NULL: none to tell of */
    const struct style *style;              /* how it says no; NULL: as its set */
    const enum result *results; /* ends with RESULT_COUNT: what the handler may return, the good one
                                   first; those of gate, decoder, lanes are added */
    const char *tag;
    const char *summary;
    const char *description; /* may be NULL */
    bool hidden;             /* not in the OpenAPI document: docs pages, assets */
    /* Of ROW_GROUP. .handle finds in call->refresh what became of the token. */
    row_token_finder *presented;
    row_handler *handle;
};

struct api_context;
struct api_document;
struct auth_refresh;

/* What a handler gets. */
struct api_call {
    struct service_call service; /* actor, store handle, arena, clock, faults, detail */
    const struct row *row;
    const struct row_set *set; /* the row's */
    const struct request *request;
    const void *query;  /* decoded by row->query; NULL when there is none */
    const void *body;   /* decoded by row->body; NULL when absent */
    bool form;          /* the body came as a form */
    int64_t if_version; /* of versioned rows: what If-Match asks for; 0: any */
    struct reply
        *reply; /* for extra headers and cookies; a status set here replaces that of the result */
    struct auth_refresh *refresh;        /* of the token presented; NULL: none was */
    const void *out;                     /* the handler leaves here what row->reply encodes */
    const struct http_asset *asset;      /* the file, for rows of files */
    const struct api_document *document; /* for rows of OpenAPI documents */
    const struct api_context *api;
};

/* The rows of one resource. */
struct row_group {
    const struct row *rows;
    size_t count;
};

#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

/* A set of rows, with what the OpenAPI document says of it: the native API, or a dialect. */
struct row_set {
    const char *name; /* "native" */
    const char *title;
    const char *description;
    const struct style *style;
    const char *scheme;       /* of OAuth 2's password flow in the document */
    const char *token_path;   /* where that flow logs in */
    const char *refresh_path; /* NULL: it has no refresh there */
    bool user_id_claim;       /* its access tokens carry the user's number as `user_id` */
    const struct row_group *const *groups;
    size_t group_count;
};

/* Memory of that size for the handler's answer, zeroed, in the arena, and set as call->out. NULL
   when out of memory: return RESULT_INTERNAL. */
MUST_CHECK void *row_out(struct api_call *call, size_t size);
/* NULL when the row can be served, else a static sentence about what is wrong with it. Pure. */
MUST_CHECK const char *row_fault(const struct row *row);
/* True when queries are looked at: not for a public GET without a query table. Pure. */
bool row_reads_query(const struct row *row);
/* True when the decoded query or body (NULL: none) has what row->guarded is about. Pure. */
bool row_asks_guarded(const struct row *row, const void *query, const void *body);
/* The style of the row's refusals. Pure. */
const struct style *row_style(const struct row *row, const struct row_set *set);
/* True when client credentials are looked at. Pure. */
bool row_takes_client(const struct row *row);
/* The case that the decoded body means; NULL: none. Pure. */
const struct row_case *row_case_of(const struct row *row, const void *body);
/* The text of that member in what a table decoded; .at NULL when it is absent, or no such text.
   Pure. */
struct view row_text(const struct table *table, const char *name, const void *decoded);
/* True for a change of a versioned record: If-Match is looked at. Pure. */
bool row_takes_version(const struct row *row);
/* How many rows the set has. Pure. */
size_t row_set_count(const struct row_set *set);
/* Every result the operation can answer with, each once: the handler's, the good one first, then
   those of gate, decoder and lanes. Returns how many. Pure. */
size_t row_answers(const struct row *row, enum result out[RESULT_COUNT]);
/* True when row_answers names it. Pure. */
bool row_declares(const struct row *row, enum result result);

#endif
