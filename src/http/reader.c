#include "http/reader.h"

#include <string.h>

#define BODY_FIRST_BYTES ((size_t)4 * 1024)
/* What chunks of one byte each put around a body, and some more for trailers. */
#define WIRE_FACTOR 8
#define WIRE_SPARE_BYTES ((size_t)16 * 1024)

static struct reader *reader_of(llhttp_t *parser)
{
    return (struct reader *)((char *)parser - offsetof(struct reader, parser));
}

static int refuse(struct reader *reader, enum result result, const char *detail)
{
    reader->verdict = (struct guard_verdict){result, detail};
    return HPE_USER;
}

/* A part may come in pieces; in the buffer they lie one after the other. */
static void extend(struct view *part, const char *at, size_t len)
{
    if (part->at == NULL)
        part->at = at;
    part->len += len;
}

static enum http_method method_of(const llhttp_t *parser)
{
    return http_method_of(view_of(llhttp_method_name((llhttp_method_t)parser->method)));
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct reader *reader = reader_of(parser);
    struct view *target = &reader->request->target;
    reader->request->method = method_of(parser);
    extend(target, at, len);
    if (target->len > GUARD_TARGET_MAX_BYTES)
        return refuse(reader, RESULT_TARGET_TOO_LONG, "The request target is over 8192 bytes.");
    return HPE_OK;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct reader *reader = reader_of(parser);
    if (reader->state == READER_BODY)
        return HPE_OK; /* of a trailer section: nobody asks for one */
    if (reader->header_total == GUARD_HEADERS_MAX)
        return refuse(reader, RESULT_HEADERS_TOO_LARGE, "There are more than 100 headers.");
    extend(&reader->headers[reader->header_total].name, at, len);
    return HPE_OK;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct reader *reader = reader_of(parser);
    if (reader->state != READER_BODY)
        extend(&reader->headers[reader->header_total].value, at, len);
    return HPE_OK;
}

static int on_value_complete(llhttp_t *parser)
{
    struct reader *reader = reader_of(parser);
    if (reader->state == READER_BODY)
        return HPE_OK;
    struct view *value = &reader->headers[reader->header_total++].value;
    reader->head_end = (size_t)(value->at + value->len - reader->buffer);
    *value = view_trim(*value);
    if (reader->header_total < GUARD_HEADERS_MAX)
        reader->headers[reader->header_total] = (struct http_header){.name = {NULL, 0}};
    return HPE_OK;
}

static const struct guard_verdict head_too_large = {RESULT_HEADERS_TOO_LARGE,
                                                    "The header section is over 24 KiB."};

/* llhttp lets pass: several spaces, other protocols than HTTP, bare LF and CR in front. Empty lines
   before a request are no fault (RFC 9112 section 2.2). */
static bool is_line_plain(const struct reader *reader)
{
    static const struct view next = VIEW_INIT(" HTTP/");
    struct view target = reader->request->target;
    const char *name = llhttp_method_name((llhttp_method_t)reader->parser.method);
    const char *method = target.at - 1 - strlen(name);
    const char *at = reader->buffer;
    while (at + 1 < method && at[0] == '\r' && at[1] == '\n')
        at += 2;
    return at == method && target.at[-1] == ' ' &&
           memcmp(target.at + target.len, next.at, next.len) == 0;
}

/* That llhttp and we mean the same bytes by the body. It alone decides where it ends, and for a
   protocol to change to, which there never is here, that there is none. */
static bool is_framing_agreed(const struct reader *reader)
{
    const llhttp_t *parser = &reader->parser;
    const struct guard_framing *framing = &reader->framing;
    uint64_t length = framing->content_length > 0 ? (uint64_t)framing->content_length : 0;
    return framing->chunked == ((parser->flags & F_CHUNKED) != 0) &&
           (framing->chunked || parser->content_length == length);
}

static struct guard_verdict check_head(struct reader *reader, struct guard_target *target)
{
    const llhttp_t *parser = &reader->parser;
    struct request *request = reader->request;
    if (reader->head_end > READER_HEAD_MAX_BYTES)
        return head_too_large;
    if (!is_line_plain(reader))
        return (struct guard_verdict){RESULT_BAD_REQUEST, "The request line is malformed."};
    if (parser->method == HTTP_CONNECT)
        return (struct guard_verdict){RESULT_NOT_IMPLEMENTED, NULL};
    struct guard_verdict verdict = guard_target(request->target, target);
    if (verdict.result != RESULT_OK)
        return verdict;
    request->path = target->path;
    request->query = target->query;
    if (view_is(request->path, "*") && request->method != METHOD_OPTIONS)
        return (struct guard_verdict){RESULT_BAD_REQUEST, "The target * is for OPTIONS only."};
    struct guard_head head = {
        .major = parser->http_major,
        .minor = parser->http_minor,
        .authority = target->authority,
        .headers = reader->headers,
        .header_count = reader->header_total,
        .max_body_bytes = reader->max_body_bytes,
    };
    return guard_head(&head, &reader->framing);
}

static int on_headers_complete(llhttp_t *parser)
{
    struct reader *reader = reader_of(parser);
    struct request *request = reader->request;
    struct guard_target target = {.path = {NULL, 0}};
    request->headers = reader->headers;
    request->header_count = reader->header_total;
    reader->is_10 = parser->http_minor == 0;
    reader->verdict = check_head(reader, &target);
    if (reader->verdict.result != RESULT_OK)
        return HPE_USER;
    parser->upgrade = 0;
    if (!is_framing_agreed(reader))
        return refuse(reader, RESULT_BAD_REQUEST, "The framing of the body is ambiguous.");
    reader->state = READER_BODY;
    reader->expects_continue = reader->framing.expects_continue;
    return HPE_OK;
}

/* Room for `need` bytes in all; the announced length at once, else four times as much: the arena
   keeps what was outgrown. */
static bool grow_body(struct reader *reader, size_t need)
{
    struct reader_body *body = &reader->body;
    if (need <= body->capacity)
        return true;
    size_t capacity = body->capacity > 0 ? 4 * body->capacity : BODY_FIRST_BYTES;
    if (reader->framing.content_length > 0)
        capacity = (size_t)reader->framing.content_length;
    if (capacity > reader->max_body_bytes)
        capacity = reader->max_body_bytes;
    if (capacity < need)
        capacity = need;
    char *grown = arena_take(reader->request->arena, capacity);
    if (grown == NULL)
        return false;
    if (body->len > 0)
        memcpy(grown, body->at, body->len);
    body->at = grown;
    body->capacity = capacity;
    return true;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct reader *reader = reader_of(parser);
    struct reader_body *body = &reader->body;
    if (len > reader->max_body_bytes - body->len)
        return refuse(reader, RESULT_BODY_TOO_LARGE, "The body is over the limit.");
    if (body->len == 0 && reader->framing.content_length == (int64_t)len) {
        reader->request->body = view_make(at, len);
        return HPE_OK;
    }
    if (!grow_body(reader, body->len + len))
        return refuse(reader, RESULT_INTERNAL, NULL);
    memcpy(body->at + body->len, at, len);
    body->len += len;
    reader->request->body = view_make(body->at, body->len);
    return HPE_OK;
}

static int on_message_complete(llhttp_t *parser)
{
    struct reader *reader = reader_of(parser);
    /* Asked for both, an end is meant (RFC 9112 section 9.3). */
    reader->keep_alive =
        llhttp_should_keep_alive(parser) != 0 && (parser->flags & F_CONNECTION_CLOSE) == 0;
    reader->state = READER_DONE;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* Takes so many bytes off the front of the buffer; nothing of them is left in it. */
static void drop_front(struct reader *reader, size_t size)
{
    size_t left = reader->filled - size;
    if (left > 0 && size > 0)
        memmove(reader->buffer, reader->buffer + size, left);
    explicit_bzero(reader->buffer + left, size);
    reader->filled = left;
}

void reader_begin(struct reader *reader, struct request *request, size_t max_body_bytes)
{
    drop_front(reader, reader->parsed);
    reader->parsed = 0;
    llhttp_init(&reader->parser, HTTP_REQUEST, &settings);
    reader->state = READER_EMPTY;
    reader->request = request;
    reader->max_body_bytes = max_body_bytes;
    reader->verdict = (struct guard_verdict){RESULT_OK, NULL};
    reader->framing = (struct guard_framing){.content_length = -1};
    reader->body = (struct reader_body){.at = NULL};
    reader->keep_alive = false;
    reader->is_10 = false;
    reader->expects_continue = false;
    reader->head_end = 0;
    reader->header_total = 0;
    reader->headers[0] = (struct http_header){.name = {NULL, 0}};
}

bool reader_has_more(const struct reader *reader)
{
    return reader->filled > reader->parsed;
}

char *reader_space(struct reader *reader, size_t *size)
{
    *size = READER_BUFFER_BYTES - reader->filled;
    return reader->buffer + reader->filled;
}

/* What llhttp finds wrong, in words for the client. */
static const struct {
    int error;
    const char *detail;
} faults[] = {
    {HPE_INVALID_URL, "The request target holds a character that must be escaped."},
    {HPE_INVALID_VERSION, "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
    {HPE_PAUSED_H2_UPGRADE, "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
    {HPE_INVALID_HEADER_TOKEN, "A header name or value holds what it may not hold."},
    {HPE_CR_EXPECTED, "A line does not end in CR LF."},
    {HPE_LF_EXPECTED, "A line does not end in CR LF."},
    {HPE_INVALID_CONTENT_LENGTH, "Content-Length is malformed, given twice or not alone."},
    {HPE_UNEXPECTED_CONTENT_LENGTH, "Content-Length is given twice or with Transfer-Encoding."},
    {HPE_INVALID_TRANSFER_ENCODING, "The only transfer coding understood here is chunked."},
    {HPE_INVALID_CHUNK_SIZE, "The size of a chunk is malformed."},
};

/* What has come of the request line, up to its end. */
static struct view line_of(const struct reader *reader)
{
    size_t start = 0;
    while (start < reader->filled &&
           (reader->buffer[start] == '\r' || reader->buffer[start] == '\n'))
        start++;
    struct view rest = view_make(reader->buffer + start, reader->filled - start);
    return view_sub(rest, 0, view_find(view_sub(rest, 0, view_find(rest, '\n', 0)), '\r', 0));
}

/* A word where the method should be, and the end of its line has not come: judged when it has, so
   that the answer does not depend on how the bytes were cut. */
static bool may_be_strange_method(const struct reader *reader)
{
    struct view line = line_of(reader);
    bool ended = line.at + line.len < reader->buffer + reader->filled;
    return !ended && reader->filled <= READER_HEAD_MAX_BYTES &&
           guard_is_token(view_sub(line, 0, view_find(line, ' ', 0)));
}

/* A word and a space where the method should be: one that llhttp has never heard of. It looks no
   further, so the target is taken here: whose answer it is depends on it. */
static bool take_strange_method(struct reader *reader)
{
    struct view line = line_of(reader);
    size_t space = view_find(line, ' ', 0);
    if (space == line.len || !guard_is_token(view_sub(line, 0, space)))
        return false;
    size_t end = view_find(line, ' ', space + 1);
    if (end - space <= GUARD_TARGET_MAX_BYTES)
        reader->request->target = view_sub(line, space + 1, end - space - 1);
    return true;
}

static struct guard_verdict verdict_of(struct reader *reader, llhttp_errno_t error)
{
    if (reader->verdict.result != RESULT_OK)
        return reader->verdict;
    if (error == HPE_INVALID_METHOD && take_strange_method(reader))
        return (struct guard_verdict){RESULT_NOT_IMPLEMENTED, NULL};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (faults[i].error == (int)error)
            return (struct guard_verdict){RESULT_BAD_REQUEST, faults[i].detail};
    return (struct guard_verdict){RESULT_BAD_REQUEST, "The request is malformed."};
}

static void judge_wire(struct reader *reader, size_t size)
{
    reader->body.wire_bytes += size;
    if (reader->body.wire_bytes / WIRE_FACTOR > reader->max_body_bytes + WIRE_SPARE_BYTES)
        reader->verdict =
            (struct guard_verdict){RESULT_BODY_TOO_LARGE, "The chunks take too much around them."};
}

/* All of it has been looked at, and more must come. Of a body nothing is left in the buffer, so
   that its next part takes the place of the last one; a header stays. */
static void make_room(struct reader *reader)
{
    if (reader->state == READER_BODY) {
        explicit_bzero(reader->buffer + reader->head_end, reader->filled - reader->head_end);
        reader->filled = reader->parsed = reader->head_end;
    } else if (reader->filled > READER_HEAD_MAX_BYTES)
        reader->verdict = head_too_large;
}

/* Empty lines before a request are no part of it (RFC 9112 section 2.2): a connection that is idle
   stays idle. One that is cut in the middle is left to llhttp. */
static void skip_empty_lines(struct reader *reader)
{
    size_t skipped = 0;
    while (reader->filled - skipped >= 2 && memcmp(reader->buffer + skipped, "\r\n", 2) == 0)
        skipped += 2;
    drop_front(reader, skipped);
}

enum reader_state reader_take(struct reader *reader, size_t size)
{
    size_t before = reader->parsed;
    bool in_body = reader->state == READER_BODY;
    reader->filled += size;
    if (reader->state == READER_EMPTY)
        skip_empty_lines(reader);
    if (reader->filled == before)
        return reader->state;
    if (reader->state == READER_EMPTY)
        reader->state = READER_HEAD;
    if (in_body)
        judge_wire(reader, reader->filled - before);
    llhttp_errno_t error =
        llhttp_execute(&reader->parser, reader->buffer + before, reader->filled - before);
    if (error == HPE_OK) {
        reader->parsed = reader->filled;
        make_room(reader);
    } else if (error == HPE_PAUSED) {
        reader->parsed = (size_t)(llhttp_get_error_pos(&reader->parser) - reader->buffer);
    } else if (error == HPE_INVALID_METHOD && may_be_strange_method(reader)) {
        reader->parsed = reader->filled; /* llhttp says the same again when more has come */
    } else {
        reader->verdict = verdict_of(reader, error);
    }
    if (reader->verdict.result != RESULT_OK)
        reader->state = READER_REFUSED;
    return reader->state;
}

void reader_end(struct reader *reader)
{
    reader->verdict =
        (struct guard_verdict){RESULT_BAD_REQUEST, "The request ended before it was whole."};
    reader->state = READER_REFUSED;
}

void reader_wipe(struct reader *reader)
{
    explicit_bzero(reader->buffer, reader->filled);
    reader->filled = 0;
    reader->parsed = 0;
}
