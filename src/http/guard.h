/* Strictness: what of a request is refused before any route is looked for (CHECKLIST H01 to H04).
   Pure; any thread. Each check tells the first thing that is wrong, in words for the client. */
#ifndef LATCHKEY_HTTP_GUARD_H
#define LATCHKEY_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/result.h"
#include "base/view.h"
#include "http/request.h"

#define GUARD_TARGET_MAX_BYTES ((size_t)8 * 1024)
#define GUARD_PARAMETERS_MAX 100
#define GUARD_HEADERS_MAX 100

struct guard_verdict {
    enum result result; /* RESULT_OK: nothing is wrong */
    const char *detail; /* a sentence, static */
};

/* The parts of a request target; views into it. */
struct guard_target {
    struct view authority; /* of the absolute-form (RFC 9112 section 3.2.2); at NULL otherwise */
    struct view path;      /* starts with '/', no slash at its end but for "/"; or "*" */
    struct view query;     /* without '?' */
};

/* What the header section says about the body. */
struct guard_framing {
    int64_t content_length; /* -1: not given */
    bool chunked;
};

/* The start line and headers, as they came. */
struct guard_head {
    struct view method;
    struct view version;
    struct view authority; /* of guard_target */
    const struct http_header *headers;
    size_t header_count;
    size_t max_body_bytes;
};

/* Where libmicrohttpd 0.9.75 left the parts of a header section: it puts NULs into the bytes as
 * they came. */
struct guard_layout {
    struct view method;
    struct view target;
    struct view version;
    const struct http_header *headers;
    size_t header_count;
    size_t size_bytes; /* of the whole section, from method to the empty line's end */
};

/* Checks and cuts a raw target: origin-form, absolute-form or "*"; no bad escape, no NUL, no dot
   segment, no empty segment, nothing outside printable ASCII (RFC 3986 section 2, RFC 9112
   section 3.2). *out is set on RESULT_OK only. */
MUST_CHECK struct guard_verdict guard_target(struct view raw, struct guard_target *out);
/* More parameters than are served: libmicrohttpd's pool may not hold them. */
bool guard_has_too_many_parameters(struct view raw);
/* Checks method, version, names, values, duplicates, Host and framing (RFC 9112 sections 3.2, 5, 6;
   RFC 9110 5.5, 10.1.1). *out is set on RESULT_OK only. */
MUST_CHECK struct guard_verdict guard_head(const struct guard_head *head,
                                           struct guard_framing *out);

/* True when the parts lie one after the other with nothing hidden between them: one space, CR LF, a
   colon and white space. A bare LF, a folded line, a NUL or a dropped header would leave another
   distance (RFC 9112 sections 2.2, 5.2). Compares addresses only. */
bool guard_layout_is_plain(const struct guard_layout *layout);

#endif
