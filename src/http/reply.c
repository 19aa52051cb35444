#include "http/reply.h"

#include <assert.h>
#include <string.h>

#include "base/builder.h"

#define PROBLEM_MAX_BYTES ((size_t)64 * 1024)
#define PROBLEM_TYPE "urn:latchkey:problem:"
#define OUT_OF_MEMORY_BODY                                                                         \
    "{\"type\":\"" PROBLEM_TYPE "internal\",\"title\":\"Something went wrong here\","              \
    "\"status\":500,\"code\":\"internal\",\"detail\":\"Out of memory.\"}"

static bool is_clean(struct view value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

void reply_header(struct reply *reply, const char *name, struct view value)
{
    if (value.at == NULL || !is_clean(value)) {
        return;
    }
    assert(reply->header_count < REPLY_HEADERS_MAX);
    if (reply->header_count < REPLY_HEADERS_MAX) {
        reply->headers[reply->header_count++] = (struct http_header){view_of(name), value};
    }
}

void reply_header_int(struct reply *reply, struct arena *arena, const char *name, int64_t value)
{
    reply_header(reply, name, arena_format(arena, "%lld", (long long)value));
}

struct view reply_get_header(const struct reply *reply, const char *name)
{
    struct view wanted = view_of(name);
    for (size_t i = 0; i < reply->header_count; i++) {
        if (view_equal_nocase(reply->headers[i].name, wanted)) {
            return reply->headers[i].value;
        }
    }
    return (struct view){NULL, 0};
}

void reply_cookie(struct reply *reply, struct arena *arena, const struct reply_cookie *cookie)
{
    const char *same_site = cookie->same_site != NULL ? cookie->same_site : "Strict";
    struct view text =
        arena_format(arena, "%s=%.*s; Max-Age=%lld; Path=/; HttpOnly; SameSite=%s%s", cookie->name,
                     VIEW_ARG(cookie->value), (long long)cookie->max_age_s, same_site,
                     cookie->secure ? "; Secure" : "");
    reply_header(reply, "Set-Cookie", text);
}

static void write_location(struct builder *b, const struct fault *fault)
{
    builder_text(b, "[");
    builder_json(b, view_of(fault->place != NULL ? fault->place : "body"));
    for (size_t i = 0; i < FAULT_PATH_MAX && fault->path[i].at != NULL; i++) {
        builder_char(b, ',');
        builder_json(b, fault->path[i]);
    }
    builder_text(b, "]");
}

static void write_fault(struct builder *b, const struct fault *fault)
{
    builder_text(b, "{\"loc\":");
    write_location(b, fault);
    builder_text(b, ",\"code\":");
    builder_json(b, view_of(fault->code));
    builder_text(b, ",\"msg\":");
    builder_json(b, fault->message);
    builder_char(b, '}');
}

static void write_faults(struct builder *b, const struct faults *faults)
{
    if (faults == NULL || faults->count == 0) {
        return;
    }
    size_t kept = faults->count < FAULTS_MAX ? faults->count : FAULTS_MAX;
    builder_text(b, ",\"errors\":[");
    for (size_t i = 0; i < kept; i++) {
        if (i > 0) {
            builder_char(b, ',');
        }
        write_fault(b, &faults->items[i]);
    }
    builder_char(b, ']');
}

static bool write_problem(struct arena *arena, enum result result, struct view detail,
                          const struct faults *faults, struct view *out)
{
    struct builder b;
    builder_init(&b, arena, PROBLEM_MAX_BYTES);
    builder_text(&b, "{\"type\":\"" PROBLEM_TYPE);
    builder_text(&b, result_code(result));
    builder_text(&b, "\",\"title\":");
    builder_json(&b, view_of(result_title(result)));
    builder_text(&b, ",\"status\":");
    builder_int(&b, result_status(result));
    builder_text(&b, ",\"code\":");
    builder_json(&b, view_of(result_code(result)));
    builder_text(&b, ",\"detail\":");
    builder_json(&b, view_is_empty(detail) ? view_of(result_title(result)) : detail);
    write_faults(&b, faults);
    builder_char(&b, '}');
    return builder_end(&b, out);
}

void reply_problem(struct reply *reply, struct arena *arena, enum result result, struct view detail,
                   const struct faults *faults)
{
    reply->content_type = "application/problem+json";
    reply->result = result;
    if (!write_problem(arena, result, detail, faults, &reply->body)) {
        reply->result = RESULT_INTERNAL;
        reply->body = VIEW(OUT_OF_MEMORY_BODY);
    }
    reply->status = result_status(reply->result);
}
