/* The answer, filled by the application, sent by the transport. */
#ifndef LATCHKEY_HTTP_REPLY_H
#define LATCHKEY_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/result.h"
#include "base/view.h"
#include "http/request.h"

#define REPLY_HEADERS_MAX 16

struct reply {
    int status;
    enum result result;       /* for log and metrics */
    const char *content_type; /* static; NULL: no body */
    struct view body;         /* static, or in the request's arena */
    struct http_header headers[REPLY_HEADERS_MAX];
    size_t header_count;
    bool close; /* end the connection after it */
};

/* Adds a header; name is static, value lives as long as the request. One with a control character
   is dropped (CHECKLIST X05), as is one too many (an assertion in development). */
void reply_header(struct reply *reply, const char *name, struct view value);
void reply_header_int(struct reply *reply, struct arena *arena, const char *name, int64_t value);
/* Looks one up, any case; at NULL when not set. */
struct view reply_get_header(const struct reply *reply, const char *name);
/* A cookie after RFC 6265: HttpOnly, SameSite=Strict, Path=/; secure adds Secure. max_age_s 0
 * deletes it. */
struct reply_cookie {
    const char *name;
    struct view value;
    int64_t max_age_s;
    bool secure;
    const char *same_site; /* "Strict" or "Lax" */
};
void reply_cookie(struct reply *reply, struct arena *arena, const struct reply_cookie *cookie);

/* A problem document (RFC 9457): {"type","title","status","code","detail","errors"}. detail empty:
   the title says it all. faults may be NULL. Sets status, content type and body; keeps headers set
   before. Falls back to a static body when out of memory. */
void reply_problem(struct reply *reply, struct arena *arena, enum result result, struct view detail,
                   const struct faults *faults);

#endif
