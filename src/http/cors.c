#include "http/cors.h"

#include <stdbool.h>

#define PREFLIGHT_MAX_AGE_S 600

static bool is_allowed(const struct cors_policy *policy, struct view origin)
{
    for (size_t i = 0; i < policy->count; i++)
        if (view_equal(policy->origins[i], origin))
            return true;
    return false;
}

/* Exactly one Origin header, as browsers send it. */
static struct view single_origin(const struct request *request)
{
    struct view origin = {NULL, 0};
    for (size_t i = 0; i < request->header_count; i++) {
        if (!view_equal_nocase(request->headers[i].name, VIEW("Origin")))
            continue;
        if (origin.at != NULL)
            return (struct view){NULL, 0};
        origin = request->headers[i].value;
    }
    return origin;
}

void cors_apply(const struct cors_policy *policy, const struct request *request, struct view allow,
                struct reply *reply, struct arena *arena)
{
    if (policy == NULL || policy->count == 0)
        return;
    reply_header(reply, "Vary", VIEW("Origin"));
    struct view origin = single_origin(request);
    if (view_is_empty(origin) || !is_allowed(policy, origin))
        return;
    reply_header(reply, "Access-Control-Allow-Origin", origin);
    reply_header(reply, "Access-Control-Allow-Credentials", VIEW("true"));
    reply_header(reply, "Access-Control-Expose-Headers",
                 VIEW("ETag, Link, Retry-After, WWW-Authenticate, X-Request-Id, X-Total-Count"));
    bool preflight = request->method == METHOD_OPTIONS &&
                     request_header(request, "Access-Control-Request-Method").at != NULL;
    if (!preflight)
        return;
    reply_header(reply, "Access-Control-Allow-Methods", allow);
    reply_header(reply, "Access-Control-Allow-Headers",
                 VIEW("Authorization, Content-Type, If-Match"));
    reply_header_int(reply, arena, "Access-Control-Max-Age", PREFLIGHT_MAX_AGE_S);
}
