/* Files built into the binary, gzip-compressed, with ETag and a content security policy of their
 * own. */
#ifndef LATCHKEY_HTTP_STATIC_H
#define LATCHKEY_HTTP_STATIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "http/reply.h"
#include "http/request.h"

struct http_asset {
    const char *path; /* "/docs", "/docs/swagger-ui.css" */
    const char *content_type;
    const char *csp;  /* NULL: the default one */
    const char *etag; /* with its quotes */
    const unsigned char *gzip;
    size_t gzip_len;
};

/* True when If-None-Match names that ETag (with its quotes), or any: weak comparison (RFC 9110
   section 13.1.2). Pure. */
bool static_is_known(const struct request *request, struct view etag);
/* Answers 200 with the file or 304 by If-None-Match (RFC 9110 section 13.1.2). */
void static_serve(const struct http_asset *asset, const struct request *request,
                  struct reply *reply);

#endif
