/* Who acts. */
#ifndef LATCHKEY_SERVICE_PRINCIPAL_H
#define LATCHKEY_SERVICE_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/view.h"
#include "model/limits.h"

struct principal {
    struct id user_id;
    struct id session_id;
    bool system;        /* the operator at the command line: everything is allowed */
    bool session_ended; /* only where the row lets an ended session through: log-out */
    int64_t expires_s;  /* of the access token */
    struct view roles[USER_ROLES_MAX]; /* names as they are now, not as the token says */
    size_t role_count;
    /* Of the change feed when session, user and roles were looked at; 0: to be looked at again. */
    uint64_t generation;
};

/* The operator. Static. */
const struct principal *principal_system(void);

#endif
