/* What resource servers and OAuth clients ask about a token they hold. */
#ifndef LATCHKEY_SERVICE_OAUTH_H
#define LATCHKEY_SERVICE_OAUTH_H

#include <stdbool.h>

#include "service/service.h"

/* What is said of a token (RFC 7662 section 2.2). Nothing but `active` when it is not. */
struct oauth_token {
    bool active;
    struct view token_type; /* "bearer" */
    struct view issuer;
    struct view subject; /* the user's id */
    struct view audience;
    struct view client_id;
    struct view token_id;
    struct view session_id;
    int64_t issued_s;         /* seconds since 1970; negative: nothing is said */
    int64_t expires_s;        /* likewise */
    const struct view *roles; /* names, as they are now; NULL: nothing is said */
    size_t role_count;
};

/* Looks an access token up, as whoever accepts one does: signature, claims, session, user, roles.
   Memory only. A refresh token is not active: no resource server may take one (CHECKLIST T15). OK,
   also for what is no token at all; STALE. Texts are in the call's arena. */
MUST_CHECK enum result oauth_introspect(struct service_call *call, struct view token,
                                        struct oauth_token *out);
/* Ends the session of a refresh or an access token (RFC 7009): whoever holds one may. OK, also when
   there is nothing to end; STALE, STORE_UNAVAILABLE. */
MUST_CHECK enum result oauth_revoke(struct service_call *call, struct view token);

#endif
