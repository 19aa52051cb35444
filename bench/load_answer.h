/* As much of HTTP/1.1 (RFC 9112) as a load generator needs: where an answer ends, its status and
   its body. Answers come one at a time on a connection; nothing is pipelined. */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum load_answer_state {
    LOAD_ANSWER_MORE, /* not complete yet */
    LOAD_ANSWER_DONE,
    LOAD_ANSWER_BAD, /* not HTTP, or more than one answer */
};

struct load_answer {
    int status;
    bool closes; /* the server will close the connection */
    char *body;  /* within the buffer */
    size_t body_bytes;
};

/* Looks at all that has come of one answer. When it is complete, *answer is filled in and a body in
   chunks has been put together in place; then it must not be looked at again. */
enum load_answer_state load_answer_look(char *data, size_t bytes, struct load_answer *answer);

/* The text of a member of the JSON body, found by its name alone and without escapes, or NULL; its
   length in *bytes. Enough for tokens. */
const char *load_answer_member(const char *body, size_t body_bytes, const char *name,
                               size_t *bytes);

#endif
