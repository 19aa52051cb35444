/* What happened, as a value: who did what, on whom, from where, when, with which outcome and why.
   Never a password, token or hash. */
#ifndef LATCHKEY_MODEL_AUDIT_EVENT_H
#define LATCHKEY_MODEL_AUDIT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/view.h"

#define AUDIT_EVENT_NAME_MAX_BYTES 64
#define AUDIT_NOT_COUNTED (-1)

enum audit_outcome { AUDIT_SUCCESS = 1, AUDIT_FAILURE = 2 };
enum audit_actor {
    AUDIT_BY_NOBODY = 1, /* without an access token */
    AUDIT_BY_USER = 2,
    AUDIT_BY_SYSTEM = 3 /* the operator at the command line */
};

/* An id is nil, a text has .at NULL where there is none. A name that is not given beside its id is
   filled in by the store with the username of that moment. */
struct audit_event {
    struct id id; /* a UUIDv7 that counts up, at one process: its order is the order of events */
    struct view event;
    enum audit_outcome outcome;
    enum audit_actor actor;
    struct id actor_id;
    struct view actor_name;
    struct id user_id; /* whom it concerns */
    struct view user_name;
    struct view address;
    struct view user_agent;
    struct view request_id;
    struct view reason;
    struct view details; /* a JSON object; empty: {} */
};

/* Which events: all conditions that are set must hold. */
struct audit_query {
    struct id from;   /* this one and later; nil: all */
    struct id before; /* earlier than this one; nil: all */
    struct id next;   /* of those, earlier than this one: the last of the page before; nil: all */
    struct id actor_id;
    struct id user_id;
    struct view user_name;      /* of events about nobody known, folded */
    struct view event;          /* empty: any */
    struct view address;        /* empty: any */
    enum audit_outcome outcome; /* 0: any */
    bool by_system;
    bool count;
    int64_t limit; /* 1 to LIST_LIMIT_MAX */
};

struct audit_page {
    const struct audit_event *items; /* the newest first */
    size_t count;
    bool more;     /* there are older ones */
    int64_t total; /* on all pages; AUDIT_NOT_COUNTED unless asked for */
};

/* When it happened: the time in its id. Pure. */
int64_t audit_event_time_ms(const struct id *id);
/* The least id of that instant; nil for 0 and earlier. Pure. */
struct id audit_event_floor(int64_t at_ms);

#endif
