#include "load_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STATUS_AT 9 /* "HTTP/1.1 200 " */
#define NUMBER_MAX_BYTES 16
#define NAME_MAX_BYTES 64

struct framing {
    bool chunked;
    bool has_length;
    size_t length;
};

static bool starts_with(const char *line, const char *end, const char *name)
{
    size_t bytes = strlen(name);
    return (size_t)(end - line) >= bytes && strncasecmp(line, name, bytes) == 0;
}

static bool holds(const char *line, const char *end, const char *word)
{
    size_t bytes = strlen(word);
    for (; line + bytes <= end; line++) {
        if (strncasecmp(line, word, bytes) == 0)
            return true;
    }
    return false;
}

/* A number that ends before end; false when there is none. */
static bool number_at(const char *at, const char *end, int base, size_t *number)
{
    char text[NUMBER_MAX_BYTES + 1];
    size_t bytes = 0;
    while (at < end && *at == ' ')
        at++;
    while (at < end && bytes < NUMBER_MAX_BYTES && strchr("0123456789abcdefABCDEF", *at) != NULL)
        text[bytes++] = *at++;
    text[bytes] = '\0';
    char *rest = text;
    *number = strtoul(text, &rest, base);
    return bytes > 0 && *rest == '\0';
}

/* One header line. Most are told apart by their first letter: this runs for every answer. */
static bool read_header(const char *line, const char *end, struct framing *framing,
                        struct load_answer *answer)
{
    switch (*line | 0x20) {
    case 'c':
        if (starts_with(line, end, "content-length:")) {
            framing->has_length = true;
            return number_at(line + strlen("content-length:"), end, 10, &framing->length);
        }
        if (starts_with(line, end, "connection:") && holds(line, end, "close"))
            answer->closes = true;
        break;
    case 't':
        if (starts_with(line, end, "transfer-encoding:"))
            framing->chunked = holds(line, end, "chunked");
        break;
    default:
        break;
    }
    return true;
}

/* Puts the chunks together at the beginning of body, once the last one is there. */
static enum load_answer_state join_chunks(char *body, const char *end, size_t *joined_bytes)
{
    size_t joined = 0, total = 0;
    for (int pass = 0; pass < 2; pass++) { /* first look, then move */
        const char *at = body;
        for (;;) {
            const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
            size_t size;
            if (line_end == NULL)
                return LOAD_ANSWER_MORE;
            const char *extension = memchr(at, ';', (size_t)(line_end - at));
            if (!number_at(at, extension != NULL ? extension : line_end, 16, &size))
                return LOAD_ANSWER_BAD;
            at = line_end + 2;
            if (size > (size_t)(end - at) || (size_t)(end - at) - size < 2)
                return LOAD_ANSWER_MORE;
            if (size == 0)
                break; /* no trailers: nobody we measure sends them */
            if (pass == 1) {
                memmove(body + joined, at, size);
                joined += size;
            }
            at += size + 2;
            total += pass == 0 ? size : 0;
        }
    }
    *joined_bytes = joined;
    return joined == total ? LOAD_ANSWER_DONE : LOAD_ANSWER_BAD;
}

static enum load_answer_state find_body(char *body, const char *end, const struct framing *framing,
                                        struct load_answer *answer)
{
    answer->body = body;
    if (framing->chunked)
        return join_chunks(body, end, &answer->body_bytes);
    if (!framing->has_length && answer->status != 204 && answer->status != 304)
        return LOAD_ANSWER_BAD; /* it would end with the connection */
    answer->body_bytes = framing->length;
    size_t here = (size_t)(end - body);
    if (here < framing->length)
        return LOAD_ANSWER_MORE;
    return here == framing->length ? LOAD_ANSWER_DONE : LOAD_ANSWER_BAD;
}

enum load_answer_state load_answer_look(char *data, size_t bytes, struct load_answer *answer)
{
    struct framing framing = {0};
    char *head_end = memmem(data, bytes, "\r\n\r\n", 4);

    *answer = (struct load_answer){0};
    if (head_end == NULL)
        return LOAD_ANSWER_MORE;
    if (head_end - data < STATUS_AT + 3 || memcmp(data, "HTTP/1.", 7) != 0)
        return LOAD_ANSWER_BAD;
    answer->status = atoi(data + STATUS_AT);
    const char *line = memchr(data, '\n', bytes); /* the end of the status line */
    while (line != NULL && line < head_end) {
        const char *end = memchr(line + 1, '\r', (size_t)(data + bytes - line - 1));
        if (end == NULL || !read_header(line + 1, end, &framing, answer))
            return LOAD_ANSWER_BAD;
        line = end + 1;
    }
    return find_body(head_end + 4, data + bytes, &framing, answer);
}

const char *load_answer_member(const char *body, size_t body_bytes, const char *name, size_t *bytes)
{
    char quoted[NAME_MAX_BYTES + 3];
    size_t name_bytes = strlen(name);
    const char *end = body + body_bytes;

    if (name_bytes > NAME_MAX_BYTES)
        return NULL;
    quoted[0] = '"';
    memcpy(quoted + 1, name, name_bytes);
    quoted[name_bytes + 1] = '"';
    const char *at = memmem(body, body_bytes, quoted, name_bytes + 2);
    if (at == NULL)
        return NULL;
    at += name_bytes + 2;
    while (at < end && (*at == ' ' || *at == ':'))
        at++;
    if (at == end || *at++ != '"')
        return NULL;
    const char *close = memchr(at, '"', (size_t)(end - at));
    if (close == NULL)
        return NULL;
    *bytes = (size_t)(close - at);
    return at;
}
