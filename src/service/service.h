/* The use cases and every rule. No HTTP, no JSON, no SQL: typed values in, a result out.
   struct service is shared by all threads; a struct service_call belongs to one request on one
   thread. */
#ifndef LATCHKEY_SERVICE_SERVICE_H
#define LATCHKEY_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/view.h"
#include "crypto/password_hash.h"
#include "crypto/signing_key.h"
#include "service/principal.h"
#include "store/store.h"

/* Without a good read of the change feed for this long, protected calls are refused (STALE) rather
 * than let through unseen. */
#define SERVICE_STALE_AFTER_S 5
/* What a client is told to wait then (Retry-After). */
#define SERVICE_STALE_RETRY_S 1

struct service; /* opaque */

struct service_options {
    struct view issuer; /* empty: the one kept in the store, at first start default_issuer */
    struct view default_issuer; /* "http://HOST:PORT" */
    struct view audience; /* empty and no jwt_secret: "latchkey"; empty with jwt_secret: no aud */
    enum signing_algorithm algorithm; /* SIGNING_NONE: HS256 with jwt_secret, else ES256 */
    struct view jwt_secret;           /* empty: keys of the ring in the store */
    struct view client_id;            /* of the one client there is; empty: none */
    struct view client_secret;
    int64_t access_token_lifetime_s;
    int64_t session_idle_s;
    int64_t session_lifetime_s;
    int64_t refresh_grace_s;
    bool signup_open;
    struct password_params password_params;
    int64_t password_min_length; /* code points */
    bool password_blocklist;
    int64_t login_lock_after;
    int64_t login_lock_for_s;
    bool rate_limit;
    int64_t audit_retention_s;   /* 0: audit events are kept for ever */
    int64_t deleted_retention_s; /* 0: deleted users are kept for ever */
    struct clock clock;
    const struct log *log;
    struct metrics *metrics; /* may be NULL */
    unsigned hash_slots;     /* password hashes computed at the same time; 0: no limit */
    /* All permissions that can be granted, by name (NUL-terminated); borrowed, must outlive the
       service. */
    const struct permission *permissions;
    size_t permission_count;
    /* False for commands that only look after users and keys: no threads, no decoy hash. */
    bool serves;
};

/* Everything is borrowed and must outlive the call. */
struct service_call {
    struct service *service;
    struct store_handle *store; /* NULL where the row needs none */
    struct arena *arena;
    const struct principal *actor; /* NULL: nobody; principal_system() for the command line */
    struct view address;           /* of the client */
    struct view user_agent;        /* as it came: any bytes; at NULL: unknown */
    struct view request_id;
    int64_t now_ms;
    bool user_id_claim; /* access tokens made here carry the user's number as `user_id` */
    /* Set by the service for the answer: */
    int64_t retry_after_s; /* with RATE_LIMITED, LOCKED, BUSY, STALE, STORE_UNAVAILABLE */
    struct view detail;    /* a sentence beyond the result's title; empty: none */
    struct faults faults;  /* with INVALID */
};

/* Loads or makes the keys, keeps the issuer, reads the change feed up to now (a restart revives
   nothing) and starts the threads of the feed and of housekeeping. The store is borrowed. On
   failure *out is NULL and message is one line for the operator. */
MUST_CHECK enum result service_open(const struct service_options *options, struct store *store,
                                    struct service **out, char *message, size_t message_size);
/* Ends the threads. All calls must be over. NULL is a no-op. */
void service_close(struct service *service);
const struct service_options *service_get_options(const struct service *service);
/* The issuer in force. Thread-safe, lives as long as the service. */
struct view service_issuer(const struct service *service);
/* True when everything is loaded and the change feed is fresh. Thread-safe. */
bool service_is_fresh(const struct service *service);

#endif
