#ifndef LATCHKEY_HTTP_CORS_H
#define LATCHKEY_HTTP_CORS_H

#include <stddef.h>

#include "base/view.h"
#include "http/reply.h"
#include "http/request.h"

/* Origins that browsers may call from; exact matches, no wildcard with credentials (CHECKLIST X03).
 */
struct cors_policy {
    const struct view *origins;
    size_t count;
};

/* Adds the CORS headers when Origin is allowed (and always Vary: Origin when there is a policy);
 * for an OPTIONS preflight also the methods in allow. */
void cors_apply(const struct cors_policy *policy, const struct request *request, struct view allow,
                struct reply *reply, struct arena *arena);

#endif
