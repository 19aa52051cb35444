/* One gate for access: who a token speaks for, and what they may do now. */
#ifndef LATCHKEY_SERVICE_ACCESS_H
#define LATCHKEY_SERVICE_ACCESS_H

#include <stdbool.h>

#include "service/service.h"

/* What a good access token says. */
struct access_token {
    struct principal principal;
    struct view client_id;
    struct view token_id; /* jti */
    int64_t issued_s;     /* seconds since 1970 */
};

/* Verifies an access token at call->now_ms and looks up, in memory only, whether its session and
   user are alive and which roles they hold now. OK fills *out (views in the call's arena).
   INVALID_TOKEN for anything wrong; STALE when the change feed is too old (service.h says after how
   long and what to tell the client). allow_ended: a well-signed, unexpired token of an ended
   session passes with session_ended set. Never blocks on the store; verified tokens are remembered.
   Thread-safe. */
MUST_CHECK enum result access_authenticate(const struct service_call *call, struct view token,
                                           bool allow_ended, struct principal *out);
/* The same, with all that the token says. */
MUST_CHECK enum result access_examine(const struct service_call *call, struct view token,
                                      bool allow_ended, struct access_token *out);
/* Looks again at what access_authenticate saw, for a call that has waited since: are session and
   user still alive, and which roles do they hold now (into the arena)? Nothing to do when no change
   has been heard of since. OK, INVALID_TOKEN, STALE, INTERNAL as there; allow_ended as there.
   Thread-safe; the principal belongs to the call. */
MUST_CHECK enum result access_renew(struct service *service, bool allow_ended, struct arena *arena,
                                    struct principal *principal);
/* For calls that give or take rights: reads the change feed, so that roles, also those another node
   has just changed, and the actor's own are those of this very moment (CHECKLIST T20); call->actor
   is replaced by what they hold now. OK, FORBIDDEN for nobody, and as access_renew. */
MUST_CHECK enum result access_sync(struct service_call *call);
/* True when one of their roles covers the permission now. Thread-safe, no allocation. */
bool access_permits(struct service *service, const struct principal *principal,
                    const char *permission);
/* The permission of that name; NULL when nothing needs it, as with a wildcard (CHECKLIST A12).
   Static; thread-safe. */
const char *access_find_permission(const struct service *service, struct view name);
/* True when everything the roles named grant is covered by what the principal holds: nobody acts
   on, or gives, more than they have. An unknown role is not covered. */
bool access_covers_roles(struct service *service, const struct principal *principal,
                         const struct view *roles, size_t count);
/* True when the key names the principal's own user; may ask the store (number, username, e-mail).
 */
MUST_CHECK enum result access_is_self(struct service_call *call, struct view user_key, bool *self);

#endif
