/* Inside service/ only: sessions begun and tokens made. */
#ifndef LATCHKEY_SERVICE_AUTH_GRANT_H
#define LATCHKEY_SERVICE_AUTH_GRANT_H

#include "base/attributes.h"
#include "service/auth.h"

/* What is kept of a User-Agent: cut at a character; .at NULL when it is no text. */
struct view auth_grant_user_agent(struct view text);
/* Stores a session of that user; one it ends as too many acts here when the feed is read next.
   new_hash (empty: none) replaces the stored hash if that is still old_hash. OK;
   INVALID_CREDENTIALS when the user has changed meanwhile (epoch, status, gone). */
MUST_CHECK enum result auth_grant_begin(struct service_call *call, const struct user *user,
                                        struct view new_hash, struct view old_hash,
                                        struct session *session);
/* Signs the tokens of a session as it stands in the store. OK; INTERNAL. */
MUST_CHECK enum result auth_grant_issue(struct service_call *call, const struct user *user,
                                        const struct session *session, struct auth_grant *out);

#endif
