/* Inside service/ only: sessions, whoever asks. Who may was decided before. */
#ifndef LATCHKEY_SERVICE_AUTH_SESSION_H
#define LATCHKEY_SERVICE_AUTH_SESSION_H

#include "base/attributes.h"
#include "service/auth.h"

/* Those of that user that are alive, the one used last first. */
MUST_CHECK enum result auth_session_list(struct service_call *call, const struct id *user_id,
                                         struct auth_session_list *out);
/* Ends one of that user's; NOT_FOUND when it is not theirs or over. The feed is the caller's. */
MUST_CHECK enum result auth_session_end(struct service_call *call, const struct id *user_id,
                                        const struct id *session_id);
/* Ends all of that user's but keep (NULL: none is kept); *ended says how many (may be NULL). */
MUST_CHECK enum result auth_session_end_all(struct service_call *call, const struct id *user_id,
                                            const struct id *keep, int64_t *ended);

#endif
