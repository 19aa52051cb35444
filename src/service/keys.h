/* The key ring in force and its upkeep. */
#ifndef LATCHKEY_SERVICE_KEYS_H
#define LATCHKEY_SERVICE_KEYS_H

#include "service/service.h"

struct keys_entry {
    struct view key_id;
    struct view algorithm;
    const char *state; /* "signing", "next", "verifying", "retired", "configured" */
    int64_t created_ms;
    int64_t retired_ms; /* 0: open */
};

MUST_CHECK enum result keys_list(struct service_call *call, const struct keys_entry **out,
                                 size_t *count);
/* A new key that signs two seconds from now, when every node knows it; the present one verifies
   until the last token it signed has expired. OK; CONFLICT with a configured secret (there is
   nothing to rotate). *key_id in the arena. */
MUST_CHECK enum result keys_rotate(struct service_call *call, struct view *key_id);
/* From now on the key verifies nothing. NOT_FOUND, CONFLICT for the only open one of the algorithm
   in force. */
MUST_CHECK enum result keys_retire(struct service_call *call, struct view key_id);
/* The JWK set document; memory only. .at NULL when out of memory. Thread-safe. */
MUST_CHECK struct view keys_jwks(struct service *service, struct arena *arena);

#endif
