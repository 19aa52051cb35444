#include "http/answer.h"

#define STATUS_NO_CONTENT 204
#define STATUS_NOT_MODIFIED 304

#define LINE(status, phrase)                                                                       \
    {                                                                                              \
        status, VIEW_INIT("HTTP/1.1 " #status " " phrase "\r\n")                                   \
    }

/* Every status that a result or a route can have (RFC 9110 section 15, RFC 6585). */
static const struct {
    int status;
    struct view line;
} status_lines[] = {
    LINE(200, "OK"),
    LINE(201, "Created"),
    LINE(202, "Accepted"),
    LINE(204, "No Content"),
    LINE(303, "See Other"),
    LINE(304, "Not Modified"),
    LINE(400, "Bad Request"),
    LINE(401, "Unauthorized"),
    LINE(403, "Forbidden"),
    LINE(404, "Not Found"),
    LINE(405, "Method Not Allowed"),
    LINE(406, "Not Acceptable"),
    LINE(408, "Request Timeout"),
    LINE(409, "Conflict"),
    LINE(412, "Precondition Failed"),
    LINE(413, "Content Too Large"),
    LINE(414, "URI Too Long"),
    LINE(415, "Unsupported Media Type"),
    LINE(417, "Expectation Failed"),
    LINE(422, "Unprocessable Content"),
    LINE(429, "Too Many Requests"),
    LINE(431, "Request Header Fields Too Large"),
    LINE(500, "Internal Server Error"),
    LINE(501, "Not Implemented"),
    LINE(503, "Service Unavailable"),
};

/* What an answer carries unless the reply says otherwise. */
static const struct {
    const char *name;
    struct view line;
} defaults[] = {
    {"Cache-Control", VIEW_INIT("Cache-Control: no-store\r\n")},
    {"Content-Security-Policy",
     VIEW_INIT("Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'\r\n")},
    {"Referrer-Policy", VIEW_INIT("Referrer-Policy: no-referrer\r\n")},
    {"X-Content-Type-Options", VIEW_INIT("X-Content-Type-Options: nosniff\r\n")},
};

static const struct view hsts_line =
    VIEW_INIT("Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n");

void answer_init_policy(struct answer_policy *policy, bool hsts)
{
    struct builder b;
    policy->hsts = hsts;
    builder_init_fixed(&b, policy->block, sizeof policy->block);
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        builder_add(&b, defaults[i].line);
    if (hsts)
        builder_add(&b, hsts_line);
    policy->block_len = b.len;
}

static void write_status(struct builder *out, int status)
{
    for (size_t i = 0; i < ARRAY_LEN(status_lines); i++) {
        if (status_lines[i].status == status) {
            builder_add(out, status_lines[i].line);
            return;
        }
    }
    builder_add(out, VIEW("HTTP/1.1 "));
    builder_int(out, status);
    builder_add(out, VIEW(" \r\n")); /* a phrase may be empty: RFC 9112 section 4 */
}

static void write_header(struct builder *out, struct view name, struct view value)
{
    builder_add(out, name);
    builder_add(out, VIEW(": "));
    builder_add(out, value);
    builder_add(out, VIEW("\r\n"));
}

static void write_defaults(struct builder *out, const struct answer_policy *policy,
                           const struct reply *reply)
{
    if (reply->header_count == 0) {
        builder_add(out, view_make(policy->block, policy->block_len));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        if (reply_get_header(reply, defaults[i].name).at == NULL)
            builder_add(out, defaults[i].line);
    if (policy->hsts)
        builder_add(out, hsts_line);
}

/* Text types say their charset; JSON is UTF-8 by definition (RFC 8259 section 8.1). */
static void write_content_type(struct builder *out, struct view type)
{
    bool bare = view_starts_with(type, VIEW("text/")) && view_find(type, ';', 0) == type.len;
    builder_add(out, VIEW("Content-Type: "));
    builder_add(out, type);
    builder_add(out, bare ? VIEW("; charset=utf-8\r\n") : VIEW("\r\n"));
}

static bool has_body(int status)
{
    return status >= 200 && status != STATUS_NO_CONTENT && status != STATUS_NOT_MODIFIED;
}

struct view answer_body(const struct reply *reply)
{
    return has_body(reply->status) ? reply->body : (struct view){NULL, 0};
}

void answer_write_head(struct builder *out, const struct answer_policy *policy,
                       const struct reply *reply, const struct answer_stamp *stamp)
{
    write_status(out, reply->status);
    for (size_t i = 0; i < reply->header_count; i++)
        write_header(out, reply->headers[i].name, reply->headers[i].value);
    write_defaults(out, policy, reply);
    if (stamp->date.len > 0)
        write_header(out, VIEW("Date"), stamp->date);
    if (stamp->request_id.len > 0)
        write_header(out, VIEW("X-Request-Id"), stamp->request_id);
    if (reply->content_type != NULL)
        write_content_type(out, view_of(reply->content_type));
    if (stamp->connection == ANSWER_CLOSE)
        builder_add(out, VIEW("Connection: close\r\n"));
    else if (stamp->connection == ANSWER_KEEP_TOLD)
        builder_add(out, VIEW("Connection: keep-alive\r\n"));
    if (has_body(reply->status)) {
        builder_add(out, VIEW("Content-Length: "));
        builder_int(out, (int64_t)reply->body.len);
        builder_add(out, VIEW("\r\n"));
    }
    builder_add(out, VIEW("\r\n"));
}
