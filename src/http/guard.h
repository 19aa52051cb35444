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
    bool expects_continue; /* the client waits for 100 before it sends the body */
};

/* What the parser found in the start line and the headers: no octet that may not be there. */
struct guard_head {
    unsigned major; /* version */
    unsigned minor;
    struct view authority; /* of guard_target */
    const struct http_header *headers;
    size_t header_count;
    size_t max_body_bytes;
};

/* Checks and cuts a raw target: origin-form, absolute-form or "*"; no bad escape, no NUL, no dot
   segment, no empty segment, nothing outside printable ASCII (RFC 3986 section 2, RFC 9112
   section 3.2). *out is set on RESULT_OK only. */
MUST_CHECK struct guard_verdict guard_target(struct view raw, struct guard_target *out);
/* Checks version, duplicates, Host, framing and Expect (RFC 9112 sections 3.2, 6; RFC 9110 7.2,
   10.1.1). *out is set on RESULT_OK only. */
MUST_CHECK struct guard_verdict guard_head(const struct guard_head *head,
                                           struct guard_framing *out);
/* True for a word of octets that methods and names may hold (RFC 9110 section 5.6.2). */
bool guard_is_token(struct view text);

#endif
