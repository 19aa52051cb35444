/* What other nodes must learn of. */
#ifndef LATCHKEY_MODEL_CHANGE_H
#define LATCHKEY_MODEL_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "model/user.h"

enum change_kind {
    CHANGE_SESSION_ENDED = 1, /* subject: the session */
    CHANGE_USER = 2, /* subject: the user; user holds the state now: status, deleted, roles */
    CHANGE_ROLE = 3, /* subject: the role */
    CHANGE_KEY = 4
};

struct change {
    enum change_kind kind;
    struct id subject;
    int64_t at_ms;
    /* CHANGE_USER, as it stands when read, not when it was changed; gone: deleted for good. */
    bool user_gone;
    enum user_status user_status;
    int64_t user_deleted_ms;
    const struct view *user_roles; /* names */
    size_t user_role_count;
};

/* Where a reader stands; only the store understands it. All zero: the beginning. */
struct change_cursor {
    int64_t position;
    int64_t extra;
};

#endif
