/* Inside service/ only: who did what to whom, from where, in the log (CHECKLIST X06). Never a
   password, token or hash. Thread-safe. */
#ifndef LATCHKEY_SERVICE_AUDIT_H
#define LATCHKEY_SERVICE_AUDIT_H

#include "base/id.h"
#include "base/log.h"
#include "service/service.h"

/* A record with the user it is about (NULL: none), the acting user if that is another one, address
 * and request id. */
void audit_event(const struct service_call *call, enum log_level level, const char *event,
                 const struct id *user_id);
/* The same with one text more, which may be anything a client sent. */
void audit_text(const struct service_call *call, enum log_level level, const char *event,
                const struct id *user_id, const char *name, struct view text);
/* The same with a few (at most four) fields more. */
void audit_fields(const struct service_call *call, enum log_level level, const char *event,
                  const struct id *user_id, const struct log_field *fields, size_t count);
/* The roles a user had and has. */
void audit_roles(const struct service_call *call, const struct user *before,
                 const struct user *after);

/* A role was made, changed or deleted: its permissions before (NULL: none) and after (NULL: none).
 */
void audit_role(const struct service_call *call, const char *event, const struct role *before,
                const struct role *after);

#endif
