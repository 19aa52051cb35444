/* From a reply to bytes: status line, the headers that every answer carries (CHECKLIST X01), those
   of the reply. */
#ifndef LATCHKEY_HTTP_ANSWER_H
#define LATCHKEY_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/builder.h"
#include "http/reply.h"

#define ANSWER_POLICY_BYTES 384

/* What is the same on every answer, made once. */
struct answer_policy {
    bool hsts;                       /* Strict-Transport-Security */
    char block[ANSWER_POLICY_BYTES]; /* the default headers as text */
    size_t block_len;
};

enum answer_connection {
    ANSWER_KEEP,
    ANSWER_KEEP_TOLD, /* to a client of HTTP/1.0, which must be told */
    ANSWER_CLOSE
};

/* What tells one answer from another; empty: left out. */
struct answer_stamp {
    struct view request_id;
    struct view date; /* of the header Date */
    enum answer_connection connection;
};

void answer_init_policy(struct answer_policy *policy, bool hsts);
/* Writes everything up to the body, the empty line included. */
void answer_write_head(struct builder *out, const struct answer_policy *policy,
                       const struct reply *reply, const struct answer_stamp *stamp);
/* The reply's body as far as its status has one (RFC 9110 section 6.4.1). */
struct view answer_body(const struct reply *reply);

#endif
