/* Someone's sessions, for those with the right. The caller has passed the gate. */
#ifndef LATCHKEY_SERVICE_USER_SESSIONS_H
#define LATCHKEY_SERVICE_USER_SESSIONS_H

#include "service/auth.h"

/* Those that are alive, the one used last first; current is the caller's own. key: id, number,
   username or e-mail of one who is not deleted. OK, NOT_FOUND. */
MUST_CHECK enum result user_sessions_list(struct service_call *call, struct view key,
                                          struct auth_session_list *out);
/* Both act on living access tokens at once. NO_CONTENT; NOT_FOUND for the user, and for a session
   that is not theirs or over; EXCEEDS_RIGHTS when the user may do what the caller may not. */
MUST_CHECK enum result user_sessions_end(struct service_call *call, struct view key,
                                         struct view session_id);
/* *ended (may be NULL): how many. */
MUST_CHECK enum result user_sessions_end_all(struct service_call *call, struct view key,
                                             int64_t *ended);

#endif
