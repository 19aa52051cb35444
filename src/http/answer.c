#include "http/answer.h"

#include <microhttpd.h>
#include <string.h>

#define STATUS_NO_CONTENT 204
#define STATUS_NOT_MODIFIED 304
#define VALUE_COPY_BYTES 512

/* What an answer carries unless the reply says otherwise. */
static const struct {
    const char *name;
    const char *value;
} defaults[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy",
     "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
};

static const char hsts_value[] = "max-age=31536000; includeSubDomains";
static const char utf8_parameter[] = "; charset=utf-8";

/* Where headers go: a response, or text. value is NUL-terminated. */
struct sink {
    void (*add)(struct sink *sink, const char *name, const char *value);
    struct MHD_Response *response;
    struct builder *text;
    bool failed;
};

static void add_to_response(struct sink *sink, const char *name, const char *value)
{
    if (MHD_add_response_header(sink->response, name, value) != MHD_YES)
        sink->failed = true;
}

static void add_to_text(struct sink *sink, const char *name, const char *value)
{
    builder_text(sink->text, name);
    builder_text(sink->text, ": ");
    builder_text(sink->text, value);
    builder_text(sink->text, "\r\n");
}

static void add_view(struct sink *sink, const char *name, struct view value)
{
    char copy[VALUE_COPY_BYTES];
    if (value.len < sizeof copy) {
        memcpy(copy, value.len > 0 ? value.at : "", value.len);
        copy[value.len] = '\0';
        sink->add(sink, name, copy);
        return;
    }
    struct arena arena;
    arena_init(&arena, 0);
    const char *large = arena_copy(&arena, value);
    if (large != NULL)
        sink->add(sink, name, large);
    else
        sink->failed = true;
    arena_clear(&arena);
}

/* Text types say their charset; JSON is UTF-8 by definition (RFC 8259 section 8.1). */
static void add_content_type(struct sink *sink, const char *type)
{
    struct view text = view_of(type);
    bool bare = view_starts_with(text, VIEW("text/")) && view_find(text, ';', 0) == text.len;
    char full[VALUE_COPY_BYTES];
    if (!bare || text.len + sizeof utf8_parameter > sizeof full) {
        sink->add(sink, "Content-Type", type);
        return;
    }
    memcpy(full, type, text.len);
    memcpy(full + text.len, utf8_parameter, sizeof utf8_parameter);
    sink->add(sink, "Content-Type", full);
}

static void add_headers(struct sink *sink, const struct answer_policy *policy,
                        const struct reply *reply, const struct answer_stamp *stamp)
{
    for (size_t i = 0; i < reply->header_count; i++)
        add_view(sink, reply->headers[i].name.at, reply->headers[i].value);
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        if (reply_get_header(reply, defaults[i].name).at == NULL)
            sink->add(sink, defaults[i].name, defaults[i].value);
    if (policy->hsts)
        sink->add(sink, "Strict-Transport-Security", hsts_value);
    if (stamp->date.len > 0)
        add_view(sink, "Date", stamp->date);
    if (stamp->request_id.len > 0)
        add_view(sink, "X-Request-Id", stamp->request_id);
    if (reply->content_type != NULL)
        add_content_type(sink, reply->content_type);
    if (reply->close)
        sink->add(sink, "Connection", "close");
}

static bool has_no_body(int status)
{
    return status < 200 || status == STATUS_NO_CONTENT || status == STATUS_NOT_MODIFIED;
}

static struct MHD_Response *make_response(const struct reply *reply)
{
    struct view body = has_no_body(reply->status) ? (struct view){NULL, 0} : reply->body;
    /* The interface has no const; the body is only read. */
    void *bytes = (void *)(uintptr_t)(body.len > 0 ? body.at : "");
    return MHD_create_response_from_buffer(body.len, bytes, MHD_RESPMEM_PERSISTENT);
}

bool answer_queue(struct MHD_Connection *connection, const struct answer_policy *policy,
                  const struct reply *reply, const struct answer_stamp *stamp)
{
    struct MHD_Response *response = make_response(reply);
    if (response == NULL)
        return false;
    struct sink sink = {.add = add_to_response, .response = response};
    add_headers(&sink, policy, reply, stamp);
    bool queued = !sink.failed &&
                  MHD_queue_response(connection, (unsigned)reply->status, response) == MHD_YES;
    MHD_destroy_response(response);
    return queued;
}

void answer_write(struct builder *out, const struct answer_policy *policy,
                  const struct reply *reply, const struct answer_stamp *stamp)
{
    builder_text(out, "HTTP/1.1 ");
    builder_int(out, reply->status);
    builder_char(out, ' ');
    builder_text(out, MHD_get_reason_phrase_for((unsigned)reply->status));
    builder_text(out, "\r\n");
    struct sink sink = {.add = add_to_text, .text = out};
    struct reply closing = *reply;
    closing.close = true;
    add_headers(&sink, policy, &closing, stamp);
    builder_text(out, "Content-Length: ");
    builder_int(out, (int64_t)reply->body.len);
    builder_text(out, "\r\n\r\n");
    builder_add(out, reply->body);
    out->failed = out->failed || sink.failed;
}
