/* A log-in of one person on one client, as a value. */
#ifndef LATCHKEY_MODEL_SESSION_H
#define LATCHKEY_MODEL_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/view.h"
#include "model/user.h"

struct session {
    struct id id; /* public: the sid claim */
    struct id user_id;
    struct view client_id;
    struct view user_agent; /* at NULL: unknown */
    struct view address;
    int64_t created_ms;
    int64_t last_used_ms;
    int64_t expires_ms; /* the absolute end; the idle limit may end it before */
    int64_t counter;    /* of the refresh token that is good now; starts at 1 */
    int64_t revoked_ms; /* 0: alive */
    int64_t epoch;      /* of the user when it was made */
};

/* What a log-in stores, in one step. Refused when the user's epoch is no longer expected_epoch, or
 * the user is not active. */
struct session_draft {
    struct session session;
    int64_t expected_epoch;
    int64_t idle_ms;      /* to know which sessions are over already */
    struct view new_hash; /* at NULL: the password hash stays; else it replaces old_hash if that is
                             still there */
    struct view old_hash;
    const struct view
        *forget; /* keys of attempts that a good log-in forgets, here or right after */
    size_t forget_count;
    const struct audit_event *event; /* NULL: none; stored with it */
};

enum session_rotation_outcome {
    SESSION_ROTATED, /* counter is one higher now */
    SESSION_GRACE,   /* the token one step behind, within the grace window: counter is unchanged */
    SESSION_REUSED,  /* an older token, or too late: the session is ended by this call */
    SESSION_DEAD     /* unknown, ended, expired, idle too long, or its user is not active */
};

struct session_rotation {
    struct id session_id;
    int64_t counter; /* as presented */
    int64_t now_ms;
    int64_t grace_ms;
    int64_t idle_ms;
    struct view address; /* of this use */
    struct view user_agent;
};

#endif
