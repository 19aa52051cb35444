/* Inside service/ only: what a password must be like when it is set: length, text, not a common
   one, not the person's own name. No composition rules. The bytes are hashed as they come, without
   Unicode normalisation: NFC and NFD forms are different passwords, the same on every node and
   store (CHECKLIST P01-P08). Pure, thread-safe. */
#ifndef LATCHKEY_SERVICE_PASSWORD_RULES_H
#define LATCHKEY_SERVICE_PASSWORD_RULES_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/fault.h"
#include "service/service.h"

/* Whose password it will be; empty views: none. */
struct password_owner {
    struct view username;
    struct view email;
};

/* True when fit; else one fault about that field is added. */
MUST_CHECK bool password_rules_check(const struct service_options *options, struct view password,
                                     const struct password_owner *owner, const char *field,
                                     struct arena *arena, struct faults *faults);

#endif
