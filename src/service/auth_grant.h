/* Inside service/ only: sessions begun and tokens made. */
#ifndef LATCHKEY_SERVICE_AUTH_GRANT_H
#define LATCHKEY_SERVICE_AUTH_GRANT_H

#include "base/attributes.h"
#include "service/auth.h"
#include "service/lockout.h"

/* What is kept of a User-Agent: cut at a character; .at NULL when it is no text. */
struct view auth_grant_user_agent(struct view text);
/* What a session begins with. */
struct auth_grant_start {
    const struct user *user;
    struct view new_hash; /* empty: none; else it replaces the stored hash if that is still... */
    struct view old_hash; /* ...this one */
    const struct lockout *lockout;   /* forgotten in the same commit; NULL: none */
    const struct audit_event *event; /* stored in the same commit; NULL: none */
};
/* Stores a session of that user; one it ends as too many acts here when the feed is read next. OK;
   CONFLICT when the user's epoch has moved on meanwhile; NOT_FOUND when gone or not active. */
MUST_CHECK enum result auth_grant_begin(struct service_call *call,
                                        const struct auth_grant_start *start,
                                        struct session *session);
/* Signs the tokens of a session as it stands in the store. OK; INTERNAL. */
MUST_CHECK enum result auth_grant_issue(struct service_call *call, const struct user *user,
                                        const struct session *session, struct auth_grant *out);

#endif
