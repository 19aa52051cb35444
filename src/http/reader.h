/* From bytes to a request: llhttp cuts them, the guards judge them, the request's views point into
   the buffer. One request at a time; what follows it stays in the buffer. Belongs to one thread. */
#ifndef LATCHKEY_HTTP_READER_H
#define LATCHKEY_HTTP_READER_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "http/guard.h"
#include "http/request.h"

/* Of a header section: the longest target, the longest token and room for the rest. */
#define READER_HEAD_MAX_BYTES ((size_t)24 * 1024)
#define READER_BUFFER_BYTES ((size_t)32 * 1024)

enum reader_state {
    READER_EMPTY,   /* nothing of a request has come */
    READER_HEAD,    /* its header section is under way */
    READER_BODY,    /* its body is under way */
    READER_DONE,    /* the request is whole */
    READER_REFUSED, /* reader->verdict says why */
};

/* The body as it grows: a part of the buffer when it came whole with its header, else a copy. */
struct reader_body {
    char *at;
    size_t len;
    size_t capacity;
    size_t wire_bytes; /* with what chunks put around it */
};

struct reader {
    llhttp_t parser;
    enum reader_state state;
    struct request *request; /* being filled; its arena takes bodies */
    size_t max_body_bytes;
    struct guard_verdict verdict;
    struct guard_framing framing;
    struct reader_body body;
    bool keep_alive;       /* the client wants the connection to go on; from READER_DONE on */
    bool is_10;            /* HTTP/1.0 */
    bool expects_continue; /* it waits for 100 before it sends the body; from READER_BODY on */
    size_t filled;         /* bytes in the buffer */
    size_t parsed;         /* of them */
    size_t head_end;       /* where the last header ends; from READER_BODY on */
    size_t header_total;   /* sent by the client; those beyond GUARD_HEADERS_MAX are not kept */
    struct http_header headers[GUARD_HEADERS_MAX];
    char buffer[READER_BUFFER_BYTES];
};

/* Begins a request, with what the last one left in the buffer. */
void reader_begin(struct reader *reader, struct request *request, size_t max_body_bytes);
/* True when there is something in the buffer that nobody has looked at. */
bool reader_has_more(const struct reader *reader);
/* Where the next bytes go, and how many there may be: at least one until READER_DONE. */
char *reader_space(struct reader *reader, size_t *size);
/* So many have been put there, or none: looks at what nobody has looked at. */
enum reader_state reader_take(struct reader *reader, size_t size);
/* The peer will send nothing more: what is under way is refused. */
void reader_end(struct reader *reader);
/* Wipes what was read: passwords and tokens lie there. */
void reader_wipe(struct reader *reader);

#endif
