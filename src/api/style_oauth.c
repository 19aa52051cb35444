#include "api/style.h"
#include "base/builder.h"

#define JSON_TYPE "application/json"
#define REFUSAL_MAX_BYTES ((size_t)4096)
#define DESCRIPTION_MAX_BYTES ((size_t)512)

/* RFC 6749 section 5.2: 400 unless it says otherwise, whatever a body is wrong by. `invalid_token`
   and `insufficient_scope` are of RFC 6750 section 3.1, `temporarily_unavailable` and
   `server_error` of RFC 6749 section 4.1.2.1: a client that meets them keeps its token. */
static const struct {
    enum result result;
    int status; /* 0: the result's own */
    const char *error;
} errors[] = {
    {RESULT_INVALID, 400, "invalid_request"},
    {RESULT_UNSUPPORTED_MEDIA_TYPE, 400, "invalid_request"},
    {RESULT_INVALID_CREDENTIALS, 400, "invalid_grant"},
    {RESULT_INVALID_GRANT, 400, "invalid_grant"},
    {RESULT_INVALID_SCOPE, 0, "invalid_scope"},
    {RESULT_UNSUPPORTED_GRANT_TYPE, 0, "unsupported_grant_type"},
    {RESULT_INVALID_CLIENT, 0, "invalid_client"},
    {RESULT_MISSING_TOKEN, 0, "invalid_client"},
    {RESULT_INVALID_TOKEN, 0, "invalid_token"},
    {RESULT_FORBIDDEN, 0, "insufficient_scope"},
    {RESULT_RATE_LIMITED, 0, "temporarily_unavailable"},
    {RESULT_LOCKED, 0, "temporarily_unavailable"},
    {RESULT_BUSY, 0, "temporarily_unavailable"},
    {RESULT_STORE_UNAVAILABLE, 0, "temporarily_unavailable"},
    {RESULT_STALE, 0, "temporarily_unavailable"},
    {RESULT_INTERNAL, 0, "server_error"},
};

static int status_of(enum result result)
{
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        if (errors[i].result == result && errors[i].status != 0) {
            return errors[i].status;
        }
    }
    return result_status(result);
}

static const char *error_of(enum result result)
{
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        if (errors[i].result == result) {
            return errors[i].error;
        }
    }
    return "invalid_request";
}

/* %x20-21 / %x23-5B / %x5D-7E: anything else becomes something near. */
static void write_plain(struct builder *b, struct view text)
{
    for (size_t i = 0; i < text.len && b->len < DESCRIPTION_MAX_BYTES; i++) {
        char c = text.at[i];
        bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        builder_char(b, plain ? c : c == '"' ? '\'' : '?');
    }
}

/* Only the first fault: there is one sentence. */
static void write_description(struct builder *b, const struct style_refusal *refusal)
{
    const struct faults *faults = refusal->faults;
    if (refusal->result == RESULT_INVALID && faults != NULL && faults->count > 0) {
        const struct fault *fault = &faults->items[0];
        write_plain(b, fault->path[0]);
        write_plain(b, fault->path[0].len > 0 ? VIEW(": ") : VIEW(""));
        write_plain(b, fault->message);
        return;
    }
    bool empty = view_is_empty(refusal->detail);
    write_plain(b, empty ? view_of(result_title(refusal->result)) : refusal->detail);
}

static void refuse(struct reply *reply, struct arena *arena, const struct style_refusal *refusal)
{
    struct builder b;
    builder_init(&b, arena, REFUSAL_MAX_BYTES);
    builder_text(&b, "{\"error\":\"");
    builder_text(&b, error_of(refusal->result));
    builder_text(&b, "\",\"error_description\":\"");
    write_description(&b, refusal);
    builder_text(&b, "\"}");
    reply->content_type = JSON_TYPE;
    reply->result = refusal->result;
    if (!builder_end(&b, &reply->body)) {
        reply->result = RESULT_INTERNAL;
        reply->body = VIEW("{\"error\":\"server_error\",\"error_description\":\"Out of memory.\"}");
    }
    reply->status = status_of(reply->result);
    reply_header(reply, "Pragma", VIEW("no-cache"));
}

static const char schemas[] =
    "{\"OAuthError\":{\"type\":\"object\",\"description\":\"A refusal (RFC 6749 section 5.2).\","
    "\"required\":[\"error\",\"error_description\"],\"properties\":{"
    "\"error\":{\"type\":\"string\",\"description\":\"Stable: programs decide by it.\"},"
    "\"error_description\":{\"type\":\"string\",\"description\":\"A sentence about this "
    "case.\"}}}}";

static const char *schema_of(int status)
{
    (void)status;
    return "OAuthError";
}

const struct style style_oauth = {
    .media_type = JSON_TYPE,
    .status = status_of,
    .refuse = refuse,
    .schemas = schemas,
    .schema_of = schema_of,
    .word = error_of,
};

bool style_oauth_owns(struct view path)
{
    return view_starts_with(path, VIEW("/oauth/")) || view_is(path, "/oauth");
}
