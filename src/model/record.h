/* Everything a store keeps, as values that are complete: what moves from one store to another, with
   nothing lost (docs/adr/0015). Views are borrowed from whatever arena a record was made in. */
#ifndef LATCHKEY_MODEL_RECORD_H
#define LATCHKEY_MODEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/id.h"
#include "base/view.h"
#include "model/audit_event.h"
#include "model/change.h"
#include "model/product.h"
#include "model/role.h"
#include "model/session.h"
#include "model/stored_key.h"
#include "model/user.h"

/* In the order in which they can be loaded: what others refer to comes first.
   X(name, member of struct record, plural for people) */
#define RECORD_KINDS(X)                                                                            \
    X(SETTING, setting, "settings")                                                                \
    X(KEY, key, "signing keys")                                                                    \
    X(ROLE, role, "roles")                                                                         \
    X(USER, user, "users")                                                                         \
    X(SESSION, session, "sessions")                                                                \
    X(PRODUCT, product, "products")                                                                \
    X(AUDIT_EVENT, audit_event, "audit events")                                                    \
    X(CHANGE, change, "changes")                                                                   \
    X(COUNTER, counter, "counters")

enum record_kind {
    RECORD_NONE,
#define RECORD_KIND_NAME(name, member, plural) RECORD_##name,
    RECORD_KINDS(RECORD_KIND_NAME)
#undef RECORD_KIND_NAME
        RECORD_KIND_END
};

struct setting_record {
    struct view name;
    struct view value; /* any bytes */
};

/* A person in whatever state, deleted too. */
struct user_record {
    struct user user;          /* without roles: roles NULL, role_count 0 */
    struct view password_hash; /* at NULL: none */
    const struct id *role_ids; /* sorted by their bytes */
    size_t role_count;
};

/* A log-in, over or not. session.epoch is the user's own where the session is alive, also where a
   store knows that by other means. */
struct session_record {
    struct session session;
    int64_t rotated_ms; /* when the counter last went up, for the grace window; 0: never */
};

/* What processes must be told when they start, so that tokens that were ended stay ended: of each
   session that ended and each user that changed, once. Roles and keys are read whole at start and
   need none. */
struct change_record {
    enum change_kind kind; /* CHANGE_SESSION_ENDED or CHANGE_USER */
    struct id subject;     /* a user may be gone for good */
    int64_t at_ms;         /* the latest; a store that stamps by its own clock may say later */
};

enum counter_name { COUNTER_USERS = 1, COUNTER_PRODUCTS };

/* The highest number that was ever given out, so that none is given out twice. */
struct counter_record {
    enum counter_name name;
    int64_t value; /* 0: none yet */
};

struct record {
    enum record_kind kind;
    union {
        struct setting_record setting;
        struct stored_key key;
        struct role role; /* permissions sorted by their bytes */
        struct user_record user;
        struct session_record session;
        struct product product;
        struct audit_event audit_event; /* names as they are kept, never filled in */
        struct change_record change;
        struct counter_record counter;
    };
};

/* Where a record stands among those of its kind, the same in every store; ids and names are
   compared byte for byte. Settings: name; keys: name (the key_id); roles, sessions, audit events:
   id; users, products: number; changes: number (the kind), then id; counters: number (the counter).
   All zero: before the first. */
struct record_position {
    int64_t number;
    struct id id;
    struct view name; /* borrowed from the record */
};

/* "users". Pure; static. */
const char *record_kind_plural(enum record_kind kind);
/* Pure. */
struct record_position record_position_of(const struct record *record);
/* Less than, equal to or greater than 0. Pure. */
int record_position_compare(const struct record_position *a, const struct record_position *b);
/* Are the texts and lists of a role or a user as long as model/limits.h allows at most? Stores keep
   room for as much, so what another program has written must be asked. True of other kinds. Pure.
 */
MUST_CHECK bool record_is_within_limits(const struct record *record);
/* Gives the canonical form of the record to put, piece by piece: every field in a fixed order,
   numbers as 8 bytes with the highest first, texts with a byte that says whether there is one and
   their length before them. Two records are the same if and only if these bytes are. A change's
   at_ms is left out: it is not the same everywhere. */
void record_write(const struct record *record,
                  void (*put)(void *context, const void *bytes, size_t len), void *context);

#endif
