/* Inside service/ only: a username for somebody who gave none. */
#ifndef LATCHKEY_SERVICE_USER_NAME_H
#define LATCHKEY_SERVICE_USER_NAME_H

#include "base/attributes.h"
#include "service/service.h"

/* The local part of the e-mail address with what no username may have replaced, or "user"; followed
   by a number, or by random digits, where that is taken. Free when it was looked at. OK; INTERNAL,
   STORE_UNAVAILABLE. */
MUST_CHECK enum result user_name_from_email(struct service_call *call, struct view email,
                                            struct view *out);

#endif
