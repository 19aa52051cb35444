/* Inside service/ only: what this node remembers of recent changes, and the roles. Thread-safe: any
   number of readers, one writer at a time. */
#ifndef LATCHKEY_SERVICE_FEED_STATE_H
#define LATCHKEY_SERVICE_FEED_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "model/change.h"
#include "service/id_map.h"
#include "service/principal.h"
#include "service/role_table.h"

struct feed_state {
    pthread_rwlock_t lock;
    struct id_map sessions; /* ended */
    struct id_map users;    /* changed */
    struct role_table *roles;
    /* Counts up with everything that may change a verdict; what was looked up under the same number
     * is still true. */
    _Atomic uint64_t generation;
};

/* False when there is no lock to be had. */
MUST_CHECK bool feed_state_init(struct feed_state *state);
void feed_state_clear(struct feed_state *state);

/* Remembers an ended session. False when out of memory. */
MUST_CHECK bool feed_state_end_session(struct feed_state *state, const struct id *session_id,
                                       int64_t until_ms);
/* Remembers a user as the change shows them. False when out of memory. */
MUST_CHECK bool feed_state_set_user(struct feed_state *state, const struct change *change,
                                    int64_t until_ms);
/* Takes the table in place of the present one. */
void feed_state_take_roles(struct feed_state *state, struct role_table *roles);
/* Forgets what no living access token can need; a bounded piece of work. */
void feed_state_prune(struct feed_state *state, int64_t now_ms);

enum feed_verdict { FEED_ALIVE, FEED_SESSION_ENDED, FEED_USER_GONE, FEED_NO_MEMORY };

uint64_t feed_state_generation(const struct feed_state *state);
/* Whether the principal's session and user are alive. When the user has changed lately their roles
   become those they have now, copied into the arena. */
MUST_CHECK enum feed_verdict feed_state_look(struct feed_state *state, struct principal *principal,
                                             struct arena *arena);
/* False when this node remembers an active user otherwise than the record, just read, shows them:
   disabled or deleted, or with other roles. Then another node has changed them, and the feed is
   behind. */
bool feed_state_agrees(struct feed_state *state, const struct user *user);
/* See role_table.h; read under the lock. */
bool feed_state_has_role(struct feed_state *state, struct view name);
size_t feed_state_role_count(struct feed_state *state);
/* A role as it is now, and whether the principal holds all that it grants. */
struct feed_role {
    bool known;
    bool covered;
    struct id id;
};
struct feed_role feed_state_look_role(struct feed_state *state, const struct principal *principal,
                                      struct view name);
/* See role_table_lacks; the role `without` (at NULL: none) does not count. */
size_t feed_state_lacks(struct feed_state *state, const struct principal *principal,
                        struct view without, const struct view *permissions, size_t count);
bool feed_state_permits(struct feed_state *state, const struct principal *principal,
                        struct view permission);
bool feed_state_covers(struct feed_state *state, const struct principal *principal,
                       const struct view *roles, size_t count);

#endif
