/* From a reply to bytes: the headers that every answer carries (CHECKLIST X01), by libmicrohttpd or
   straight to the socket where it cannot answer. */
#ifndef LATCHKEY_HTTP_ANSWER_H
#define LATCHKEY_HTTP_ANSWER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/builder.h"
#include "http/reply.h"

struct MHD_Connection;

#define ANSWER_RAW_MAX_BYTES 2048

struct answer_policy {
    bool hsts; /* Strict-Transport-Security */
};

/* What tells one answer from another; empty: left out. */
struct answer_stamp {
    struct view request_id;
    struct view date; /* of the header Date; libmicrohttpd adds its own where it is left out */
};

/* Hands the reply to libmicrohttpd. The body must live until the request is over. False when that
 * fails. */
MUST_CHECK bool answer_queue(struct MHD_Connection *connection, const struct answer_policy *policy,
                             const struct reply *reply, const struct answer_stamp *stamp);
/* Writes the whole answer as HTTP/1.1 text, "Connection: close" included. */
void answer_write(struct builder *out, const struct answer_policy *policy,
                  const struct reply *reply, const struct answer_stamp *stamp);

#endif
