/* Reading the audit events. The caller has passed the gate. */
#ifndef LATCHKEY_SERVICE_AUDIT_LIST_H
#define LATCHKEY_SERVICE_AUDIT_LIST_H

#include "model/audit_event.h"
#include "service/service.h"

/* Empty texts and zeros: any. */
struct audit_list_input {
    /* An id, of anybody who ever was; a number, username or e-mail of somebody there is now;
       "system" for the operator. */
    struct view actor;
    /* The same without "system"; a name that nobody has: log-ins tried with it. */
    struct view subject;
    struct view event;
    struct view address;
    enum audit_outcome outcome;
    int64_t after_ms; /* this instant and later */
    bool has_before;
    int64_t before_ms; /* earlier than this instant: nobody, when that is 1970 or before */
    struct view cursor;
    int64_t limit; /* 1 to LIST_LIMIT_MAX */
    bool count;
};

struct audit_list_page {
    struct audit_page events;
    struct view next_cursor; /* at NULL: no older ones */
};

/* The newest first, none older than the retention. OK; BAD_REQUEST for a cursor that is not ours or
   belongs to other filters. */
MUST_CHECK enum result audit_list_read(struct service_call *call,
                                       const struct audit_list_input *input,
                                       struct audit_list_page *out);
/* Events before this instant are not shown any more and go; 0: all are kept. Thread-safe. */
int64_t audit_list_kept_from_ms(const struct service *service, int64_t now_ms);

#endif
