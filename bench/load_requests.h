/* The requests that a load sends, read from a file that bench/load.py writes: for each a line
   "HEAD_BYTES BODY_BYTES", then both. The head has its request line and headers, each ended with CR
   LF, but no Content-Length and no empty line: they are added when the request is sent. */
#ifndef LOAD_REQUESTS_H
#define LOAD_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

struct load_request {
    const char *head;
    size_t head_bytes;
    const char *body;
    size_t body_bytes;
};

struct load_requests {
    char *text; /* of the file, which the requests point into */
    struct load_request *all;
    size_t count;
};

/* Reads the file; false when it cannot be read or is not of that form. */
bool load_requests_open(struct load_requests *requests, const char *path);

void load_requests_close(struct load_requests *requests);

/* Where a chained value stands in a body of JSON or of a form: after "NAME":" or NAME=. False when
   it is not there. */
bool load_requests_find(const struct load_request *request, const char *name, size_t *offset,
                        size_t *bytes);

#endif
