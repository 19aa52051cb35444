/* One request as everything from the router on sees it, whatever transport it came by. */
#ifndef LATCHKEY_HTTP_REQUEST_H
#define LATCHKEY_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"

enum http_method {
    METHOD_UNKNOWN,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_COUNT
};

#define REQUEST_ESCAPE_SIZE 3 /* "%2e" */
#define HTTP_PARAMS_MAX 4
#define HTTP_REQUEST_ID_SIZE 23 /* 22 characters and NUL */

struct http_header {
    struct view name;
    struct view value;
};

struct request {
    enum http_method method;
    struct view target; /* as it came, checked: never logged whole, a query may hold anything */
    struct view path;   /* of the target, still escaped, without query, one trailing slash taken off
                           ("/" stays) */
    struct view query;  /* of the target, still escaped, without '?' */
    struct view params[HTTP_PARAMS_MAX]; /* decoded path parameters, set by the router */
    const struct http_header *headers;
    size_t header_count;
    struct view body;
    struct view address;                   /* the client's, after TRUSTED_PROXIES; canonical text */
    char request_id[HTTP_REQUEST_ID_SIZE]; /* made here, base64url */
    int64_t started_us;                    /* clock_monotonic_us when the request line was there */
    struct arena *arena;                   /* lives until the reply is sent */
    void *user; /* the application's own, for what it keeps between admit and run */
};

/* "GET" …; "" for METHOD_UNKNOWN. */
const char *http_method_name(enum http_method method);
/* Exact, case-sensitive (RFC 9110 section 9.1). */
enum http_method http_method_of(struct view name);
/* The value of the first header of that name (any case); at NULL when there is none. */
struct view request_header(const struct request *request, const char *name);
/* The media type of Content-Type in lower case without parameters, into the arena; empty when there
   is none. *charset: that parameter's value, at NULL when absent. False when malformed. */
MUST_CHECK bool request_media_type(const struct request *request, struct view *type,
                                   struct view *charset);
/* The value of a parameter of Content-Type, such as "boundary"; at NULL when absent, twice or
   malformed. */
struct view request_media_parameter(const struct request *request, const char *name);
/* The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1); at NULL for no header or
   another scheme. */
struct view request_bearer(const struct request *request);
/* The name and password of `Authorization: Basic` (RFC 7617), in the arena. */
enum request_basic { REQUEST_BASIC_NONE, REQUEST_BASIC_GIVEN, REQUEST_BASIC_MALFORMED };
MUST_CHECK enum request_basic request_basic(const struct request *request, struct view *name,
                                            struct view *password);
/* A cookie's value; at NULL when absent or when the name comes twice. */
struct view request_cookie(const struct request *request, const char *name);
/* The octet that "%XX" at text[i] stands for (RFC 3986 section 2.1); -1 when that is no escape.
 * Pure. */
int request_escaped_octet(struct view text, size_t i);
/* The path without one slash at its end; "/" stays. Pure. */
struct view request_without_final_slash(struct view path);
/* Decodes %XX (and '+' as space when form); into the arena. False on a bad escape, a NUL or invalid
 * UTF-8. */
MUST_CHECK bool request_unescape(struct arena *arena, struct view text, bool form,
                                 struct view *out);

#endif
