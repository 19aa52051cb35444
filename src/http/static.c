#include "http/static.h"

#include <stdbool.h>

/* "gzip;q=0" and its like; any other weight is a yes. */
static bool has_zero_weight(struct view parameters)
{
    struct view part;
    while (view_split(&parameters, ';', &part)) {
        part = view_trim(part);
        if (!view_equal_nocase(view_sub(part, 0, 2), VIEW("q="))) {
            continue;
        }
        struct view weight = view_sub(part, 2, part.len);
        for (size_t i = 0; i < weight.len; i++) {
            if (weight.at[i] != '0' && weight.at[i] != '.') {
                return false;
            }
        }
        return true;
    }
    return false;
}

/* RFC 9110 section 12.5.3: no header takes any coding; gzip named counts before "*". */
static bool takes_gzip(const struct request *request)
{
    struct view rest = request_header(request, "Accept-Encoding");
    if (rest.at == NULL) {
        return true;
    }
    bool any = false;
    struct view part;
    while (view_split(&rest, ',', &part)) {
        size_t semicolon = view_find(part, ';', 0);
        struct view coding = view_trim(view_sub(part, 0, semicolon));
        bool refused = has_zero_weight(view_sub(part, semicolon + 1, part.len));
        if (view_equal_nocase(coding, VIEW("gzip")) || view_equal_nocase(coding, VIEW("x-gzip"))) {
            return !refused;
        }
        any = any || (view_is(coding, "*") && !refused);
    }
    return any;
}

bool static_is_known(const struct request *request, struct view etag)
{
    struct view rest = request_header(request, "If-None-Match");
    struct view part;
    while (view_split(&rest, ',', &part)) {
        part = view_trim(part);
        if (view_starts_with(part, VIEW("W/"))) {
            part = view_sub(part, 2, part.len);
        }
        if (view_is(part, "*") || view_equal(part, etag)) {
            return true;
        }
    }
    return false;
}

void static_serve(const struct http_asset *asset, const struct request *request,
                  struct reply *reply)
{
    reply_header(reply, "Vary", VIEW("Accept-Encoding"));
    if (!takes_gzip(request)) {
        reply_problem(reply, request->arena, RESULT_NOT_ACCEPTABLE,
                      VIEW("This file is served with gzip only."), NULL);
        return;
    }
    reply_header(reply, "ETag", view_of(asset->etag));
    /* Asked again each time, answered 304: an upgrade shows at once. */
    reply_header(reply, "Cache-Control", VIEW("no-cache"));
    if (asset->csp != NULL) {
        reply_header(reply, "Content-Security-Policy", view_of(asset->csp));
    }
    if (static_is_known(request, view_of(asset->etag))) {
        reply->status = result_status(RESULT_NOT_MODIFIED);
        reply->result = RESULT_NOT_MODIFIED;
        return;
    }
    reply_header(reply, "Content-Encoding", VIEW("gzip"));
    reply->status = result_status(RESULT_OK);
    reply->result = RESULT_OK;
    reply->content_type = asset->content_type;
    reply->body = view_make(asset->gzip, asset->gzip_len);
}
