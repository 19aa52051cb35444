/* How a set of rows says no: what the body of a refusal looks like, and with which status. The
   results, and what leads to them, are the same for every set. */
#ifndef LATCHKEY_API_STYLE_H
#define LATCHKEY_API_STYLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/result.h"
#include "base/view.h"
#include "http/reply.h"

struct style_refusal {
    enum result result;
    struct view detail;          /* a sentence about this case; empty: the result's title says it */
    const struct faults *faults; /* with INVALID; may be NULL */
};

struct style {
    const char *media_type; /* of a refusal */
    /* The status of a refusal, 400 and up. Pure. */
    int (*status)(enum result result);
    /* Fills status, content type and body of the reply and sets its result; headers stay. */
    void (*refuse)(struct reply *reply, struct arena *arena, const struct style_refusal *refusal);
    /* For the OpenAPI document: JSON text of an object with the schemas of refusals, and which of
       them the refusals with a status have. */
    const char *schemas;
    const char *(*schema_of)(int status);
    /* What a refusal says when nothing better is known; NULL: its code and title. Pure, static. */
    const char *(*sentence)(enum result result);
    /* The stable word that the body of a refusal has; NULL: the result's code. Pure, static. */
    const char *(*word)(enum result result);
    bool plain_challenge; /* 401 says `WWW-Authenticate: Bearer` and no more */
};

/* Problem documents (RFC 9457), as the native API answers. */
extern const struct style style_problem;
/* {"error", "error_description"}, as the OAuth endpoints answer (RFC 6749 section 5.2). */
extern const struct style style_oauth;
/* True for paths that only OAuth endpoints are at: they answer in their style even where no row is.
   Pure. */
bool style_oauth_owns(struct view path);

#endif
