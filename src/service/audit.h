/* Inside service/ only: who did what to whom, from where (CHECKLIST X06). The one place that
   decides what is told: each event becomes a record of the log and a row of the store. Never a
   password, token or hash. Thread-safe.

   A row is written after the act, which is never taken back because its row could not be written:
   that is logged as audit_not_written. Where the cost of a commit counts, the event is prepared
   before and stored with the act (audit_prepare), then only logged (audit_log). */
#ifndef LATCHKEY_SERVICE_AUDIT_H
#define LATCHKEY_SERVICE_AUDIT_H

#include "base/id.h"
#include "base/log.h"
#include "model/audit_event.h"
#include "service/service.h"

/* A record with the user it is about (NULL: none), the acting user if that is another one, address
 * and request id. */
void audit_event(const struct service_call *call, enum log_level level, const char *event,
                 const struct id *user_id);
/* The same with one text more, which may be anything a client sent. */
void audit_text(const struct service_call *call, enum log_level level, const char *event,
                const struct id *user_id, const char *name, struct view text);
/* The same with a few (at most four) fields more. "reason" becomes the reason of the row; "login",
   what was typed as a name, its username if it could be one; "username" its username, for someone
   whose record is gone; all others its details. */
void audit_fields(const struct service_call *call, enum log_level level, const char *event,
                  const struct id *user_id, const struct log_field *fields, size_t count);
/* The roles a user had and has. */
void audit_roles(const struct service_call *call, const struct user *before,
                 const struct user *after);

/* Only the record of the log, as audit_fields writes it. */
void audit_log(const struct service_call *call, enum log_level level, const char *event,
               const struct id *user_id, const struct log_field *fields, size_t count);
/* The row of what is about to happen, for the store to keep with it, in the call's arena. NULL when
   it is not to be kept: too many of its kind (audit_limit.h), or out of memory, which is logged. */
const struct audit_event *audit_prepare(const struct service_call *call, const char *event,
                                        const struct id *user_id, const struct log_field *fields,
                                        size_t count);
/* A role was made, changed or deleted: its permissions before (NULL: none) and after (NULL: none).
 */
void audit_role(const struct service_call *call, const char *event, const struct role *before,
                const struct role *after);

#endif
