/* Inside service/ only: what struct service is made of. Written by service_open, read-only
   afterwards; its parts lock for themselves. */
#ifndef LATCHKEY_SERVICE_SERVICE_STATE_H
#define LATCHKEY_SERVICE_SERVICE_STATE_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>

#include "crypto/password_memory.h"
#include "crypto/secret.h"
#include "service/decoy.h"
#include "service/feed.h"
#include "service/housekeeping.h"
#include "service/key_rings.h"
#include "service/service.h"
#include "service/service_metrics.h"
#include "service/throttle.h"
#include "service/token_cache.h"
#include "service/unsure.h"

struct service {
    struct service_options options; /* the texts are copies in the arena */
    struct arena arena;
    struct store *store;
    struct view issuer;
    struct view audience;
    struct secret master; /* of refresh tokens and of the names of failure counters */
    struct key_rings *rings;
    struct feed *feed;
    struct token_cache *tokens;
    _Atomic int64_t disagreed_us; /* when nodes_disagree was logged last; 0: never */
    struct unsure *unsure;
    struct throttle *throttle; /* NULL: off */
    struct throttle *audit_limit;
    _Atomic uint64_t audit_tick; /* of the last event: milliseconds, and 12 bits that count up */
    struct decoy *decoy;
    struct housekeeping *housekeeping;   /* NULL: a command, no server */
    sem_t hash_slots;                    /* looked at only when options.hash_slots is set */
    struct password_memory *hash_memory; /* also in options.password_params */
    struct service_metrics metrics;
};

/* How long after a change an access token from before it may still be shown: lifetime and twice the
 * clock leeway, in ms. */
int64_t service_token_reach_ms(const struct service *service);
/* True when a configured secret signs. */
bool service_uses_secret(const struct service_options *options);

#endif
