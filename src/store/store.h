/* The store: what is kept, as operations named for what they are for. Each is atomic, and each is
   possible as updates of single documents (ADR 0006), so a back end without transactions can do it.
   The database decides races: no caller reads, thinks and writes back.

   struct store is shared by all threads; a struct store_handle belongs to one thread at a time.
   Values come out in the arena given. Common results: OK; NOT_FOUND; STORE_UNAVAILABLE for every
   outage, lock time-out or full disk (never NOT_FOUND); INTERNAL for what cannot be (logged).
   Others are named where they apply. */
#ifndef LATCHKEY_STORE_STORE_H
#define LATCHKEY_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/view.h"
#include "model/audit_event.h"
#include "model/change.h"
#include "model/page.h"
#include "model/product.h"
#include "model/record.h"
#include "model/role.h"
#include "model/session.h"
#include "model/stored_key.h"
#include "model/user.h"
#include "model/user_import.h"
#include "model/user_seed.h"

struct store;        /* opaque */
struct store_handle; /* opaque */

struct store_options {
    struct view url; /* sqlite:PATH; later postgresql://…, mongodb://…, mongodb+srv://… */
    const struct log *log;
    struct metrics *metrics; /* may be NULL */
    struct clock clock;
    bool migrate;        /* bring the schema up to date; false: refuse an older one */
    bool must_exist;     /* make no SQLite file, no MongoDB database */
    bool is_brief;       /* one command's, closed soon; MongoDB: no threads that watch servers */
    unsigned io_handles; /* how many threads will read at once, a hint */
};

/* Opens, checks and migrates. On failure *out is NULL and message holds one line for the operator:
   no such scheme, file not writable, locked, made by a newer version (BAD_REQUEST for a URL that
   cannot be, else STORE_UNAVAILABLE or INVALID). */
MUST_CHECK enum result store_open(const struct store_options *options, struct store **out,
                                  char *message, size_t message_size);
/* All handles must be closed. NULL is a no-op. */
void store_close(struct store *store);
/* "sqlite", "postgresql", "mongodb". */
const char *store_name(const struct store *store);
/* True when reading one record takes no network and no lock that a writer holds: such reads may run
 * on an I/O thread (ADR 0005). */
bool store_reads_are_local(const struct store *store);
/* NULL when the database cannot be reached. Thread-safe. */
MUST_CHECK struct store_handle *store_handle_open(struct store *store);
void store_handle_close(struct store_handle *handle);
/* Answers now? For /health/ready. */
MUST_CHECK enum result store_ping(struct store_handle *handle);

/* --- users
 * ------------------------------------------------------------------------------------------------
 */

/* Creates unless taken. USERNAME_TAKEN, EMAIL_TAKEN; INVALID when a role does not exist. */
MUST_CHECK enum result store_user_create(struct store_handle *handle,
                                         const struct user_draft *draft, struct arena *arena,
                                         struct user *out);
/* One of the presence asked for. A name means the one who has it now; where deleted ones are asked
   for and nobody has it now, the only deleted one who had it; AMBIGUOUS when several had.
   NOT_FOUND.
 */
MUST_CHECK enum result store_user_get(struct store_handle *handle, const struct user_key *key,
                                      struct arena *arena, struct user *out);
/* Of one that is not deleted. NOT_FOUND. */
MUST_CHECK enum result store_user_get_credentials(struct store_handle *handle,
                                                  const struct user_key *key, struct arena *arena,
                                                  struct user_credentials *out);
/* Applies the patch to one that is not deleted; ends sessions where the patch says so; appends the
   changes. NOT_FOUND, USERNAME_TAKEN, EMAIL_TAKEN, CONFLICT (if_version), LAST_ADMIN (would leave
   no active admin), INVALID (no such role). With USER_FIELD_PASSWORD or a disabling status the
   epoch counts up. out may be NULL. */
MUST_CHECK enum result store_user_update(struct store_handle *handle, const struct id *user_id,
                                         const struct user_patch *patch, struct arena *arena,
                                         struct user *out);
/* Soft delete: name and e-mail become free, all sessions end. if_version: only while the record's
   version is this (0: any). NOT_FOUND, CONFLICT (if_version), LAST_ADMIN. */
MUST_CHECK enum result store_user_delete(struct store_handle *handle, const struct id *user_id,
                                         int64_t if_version, int64_t now_ms);
/* Takes the deletion back, in one conditional update: roles that are still there are held again, no
   session comes back. Appends the change. NOT_FOUND when there is no such deleted person;
   USERNAME_TAKEN, EMAIL_TAKEN, CONFLICT (if_version). */
MUST_CHECK enum result store_user_restore(struct store_handle *handle, const struct id *user_id,
                                          const struct user_restore *restore, struct arena *arena,
                                          struct user *out);
#define STORE_PURGE_MAX 500 /* people of one call of the next two */

/* Those deleted before that instant, who was deleted first first; at most `limit` (out has so
   many). */
MUST_CHECK enum result store_users_expired(struct store_handle *handle, int64_t deleted_before_ms,
                                           size_t limit, struct arena *arena, struct user *out,
                                           size_t *count);
/* Deletes people for good, deleted before or not, with their sessions, and appends the changes: no
   token of theirs is good any more, and the store gives out neither id nor number again. Products
   and audit events stay. Each is decided by itself and in order (outcome, set with OK only); what
   was deleted is so for good when this returns OK. A back end without transactions may have deleted
   some when it fails: giving the batch again finds those NOT_FOUND. */
MUST_CHECK enum result store_users_purge(struct store_handle *handle, struct user_purge *people,
                                         size_t count, int64_t now_ms);
/* The people that match, in the order asked for, and how many match in all: one view of the data.
   model/user_list.h says what each filter and sort means. No row is read twice by pages that follow
   each other by position, and none is left out that stays, whatever comes and goes meanwhile. */
MUST_CHECK enum result store_user_list(struct store_handle *handle,
                                       const struct user_list_request *request, struct arena *arena,
                                       struct user_page *out);
/* Brings what store_user_list finds people by up to date, one step a call, once at least
   `changes_min` (0 and up) people have changed since; *more: call again. No writer waits long for
   it, lists are right without it too, and several processes may do it at once. Back ends whose
   lists need no such thing do nothing. */
MUST_CHECK enum result store_user_list_tend(struct store_handle *handle, int64_t changes_min,
                                            bool *more);
#define STORE_TEND_CHANGES 500 /* a good number of changes to wait for */
#define STORE_SEED_MAX 50000   /* people of one call */

/* Creates made-up people as they are given (without metadata and password), all or none, without
   telling the change feed: nobody holds a token of theirs. USERNAME_TAKEN, EMAIL_TAKEN, CONFLICT
   (an id); INVALID when a role does not exist. */
MUST_CHECK enum result store_user_seed(struct store_handle *handle, const struct user_seed *people,
                                       size_t count);
/* True when there is any user that is not deleted. */
MUST_CHECK enum result store_user_any(struct store_handle *handle, bool *out);
/* Kinds of password hashes in use: of the newest `sample` users, one hash string of each kind
   (algorithm and cost) with how often it occurred. For equal work on unknown users (CHECKLIST E02).
 */
#define STORE_HASH_KINDS_MAX 8
struct store_hash_kind {
    struct view sample;
    int64_t count;
};
MUST_CHECK enum result store_hash_kinds(struct store_handle *handle, int64_t sample,
                                        struct arena *arena,
                                        struct store_hash_kind out[STORE_HASH_KINDS_MAX],
                                        size_t *count);

/* --- import and export ------------------------------------------------------------------------ */

#define STORE_IMPORT_MAX 16384 /* rows of one call */
#define STORE_EXPORT_MAX 1000  /* users of one page */

/* Creates each unless present or taken, and says in its outcome which: every row is decided by the
   database as store_user_create would, those before it in the batch included, and what was created
   is kept for good when this returns OK. A back end without transactions may have kept some when
   it fails: giving the batch again finds those present. One whose id is in use, by a deleted
   person too, is present. Outcomes are set with OK only. */
MUST_CHECK enum result store_users_import(struct store_handle *handle, struct user_import *rows,
                                          size_t count);
/* Those not deleted whose number is above `after`, by number, at most `limit` (out has so many);
   each page is one view of the data. *count below limit: the end. */
MUST_CHECK enum result store_users_export(struct store_handle *handle, int64_t after, size_t limit,
                                          struct arena *arena, struct user_credentials *out,
                                          size_t *count);

/* --- sessions --------------------------------------------------------------------------------- */

/* Opens a session; sets last_login_ms, replaces the password hash if asked; the oldest session
   beyond SESSIONS_PER_USER_MAX ends. CONFLICT when the user's epoch has moved on; NOT_FOUND when no
   longer there or not active. */
MUST_CHECK enum result store_session_create(struct store_handle *handle,
                                            const struct session_draft *draft);
/* One conditional update: counter + 1 where counter is as presented. OK with an outcome; session is
   filled for all but SESSION_DEAD, user (read last, so that a disabled one never passes) only for
   ROTATED and GRACE. */
MUST_CHECK enum result store_session_rotate(struct store_handle *handle,
                                            const struct session_rotation *rotation,
                                            struct arena *arena,
                                            enum session_rotation_outcome *outcome,
                                            struct session *session, struct user *user);
#define STORE_ROTATE_MAX 64 /* rotations of one call */

/* One rotation of several, and what became of it. */
struct session_rotating {
    struct session_rotation asked;
    struct arena *arena;
    enum result result; /* of store_session_rotate, or BUSY */
    enum session_rotation_outcome outcome;
    struct session session;
    struct user user;
};

/* True where rotations that are written together cost less than one by one. */
bool store_rotates_together(const struct store *store);
/* Rotations of several callers, 1 to STORE_ROTATE_MAX of them, that share one commit where the
   back end gains by that. Each is decided by itself, as store_session_rotate would; when this
   returns, what a result says is durable. STORE_UNAVAILABLE for all: nobody knows whether any was
   done. BUSY: nothing was done for this one, and store_session_rotate decides it: it could not be
   told apart from the others (its session twice among them), or they would have had to wait for it
   (somebody else holds its row, the reuse of a token that ends its session). */
void store_sessions_rotate(struct store_handle *handle, struct session_rotating *const *items,
                           size_t count);
/* One that is alive, whoever's it is. NOT_FOUND. */
MUST_CHECK enum result store_session_get(struct store_handle *handle, const struct id *session_id,
                                         int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                         struct session *out);
/* Those that are alive, the one used last first. */
MUST_CHECK enum result store_session_list(struct store_handle *handle, const struct id *user_id,
                                          int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                          struct session_page *out);
/* Ends one session of that user and appends the change. NOT_FOUND when it is not theirs or over
 * already. */
MUST_CHECK enum result store_session_end(struct store_handle *handle, const struct id *user_id,
                                         const struct id *session_id, int64_t now_ms);
/* Ends all sessions of the user but keep (NULL: none is kept) and appends the changes; *ended says
 * how many. */
MUST_CHECK enum result store_session_end_all(struct store_handle *handle, const struct id *user_id,
                                             const struct id *keep, int64_t now_ms, int64_t *ended);
/* True when that user has a session, alive or over, last used from the network of that address
   (network_of): a known address. */
MUST_CHECK enum result store_session_knows_address(struct store_handle *handle,
                                                   const struct id *user_id, struct view address,
                                                   bool *out);

/* --- failed attempts -------------------------------------------------------------------------- */

#define STORE_ATTEMPTS_MAX 8 /* keys in one call */
#define STORE_ATTEMPT_KEY_MAX_BYTES 64

#define STORE_ATTEMPT_WAIT_MS 1000

struct attempt {
    struct view key; /* 1 to STORE_ATTEMPT_KEY_MAX_BYTES */
    int64_t limit;   /* this many attempts are let through, and this many failures lock */
};

/* Counts one attempt under every key, before it is evaluated, and says in *locked_until_ms (0: go
   on) until when one of them lets nothing through: to the end of its lock, or for
   STORE_ATTEMPT_WAIT_MS while limit attempts are at work or failed, so that no more than limit are
   ever evaluated in one window. The window starts with the first attempt. What is not let through
   counts nothing, under no key, and prolongs nothing. Atomic per key, for any number of nodes. */
MUST_CHECK enum result store_attempt_count(struct store_handle *handle,
                                           const struct attempt *attempts, size_t count,
                                           int64_t now_ms, int64_t window_ms,
                                           int64_t *locked_until_ms);
/* What is stored with a failure; NULL: nothing. */
struct attempt_events {
    const struct audit_event *failed;
    const struct audit_event *locked; /* only when this failure locks a key */
};
/* A counted attempt was a failure: under every key the limit-th failure of the window locks until
   now + window; *locked says whether this one did. Right passwords at work at the same time,
   however many, never lock. events may be NULL. */
MUST_CHECK enum result store_attempt_fail(struct store_handle *handle,
                                          const struct attempt *attempts, size_t count,
                                          int64_t now_ms, int64_t window_ms,
                                          const struct attempt_events *events, bool *locked);
/* Forgets the keys: a good log-in. */
MUST_CHECK enum result store_attempt_clear(struct store_handle *handle,
                                           const struct attempt *attempts, size_t count);
/* Takes one attempt back, for one that was counted but never evaluated (an outage, no room). */
MUST_CHECK enum result store_attempt_return(struct store_handle *handle,
                                            const struct attempt *attempts, size_t count);

/* --- roles, keys, settings -------------------------------------------------------------------- */

/* All roles, by name. */
MUST_CHECK enum result store_role_list(struct store_handle *handle, struct arena *arena,
                                       const struct role **out, size_t *count);
/* By its exact name. NOT_FOUND. */
MUST_CHECK enum result store_role_get(struct store_handle *handle, struct view name,
                                      struct arena *arena, struct role *out);
/* Creates unless a role has the name, in whatever case: ROLE_TAKEN. Appends the change. */
MUST_CHECK enum result store_role_create(struct store_handle *handle,
                                         const struct role_draft *draft, struct arena *arena,
                                         struct role *out);
/* Replaces description and permissions, one conditional update; appends the change. NOT_FOUND,
   CONFLICT (if_version). */
MUST_CHECK enum result store_role_update(struct store_handle *handle, const struct id *role_id,
                                         const struct role_patch *patch, struct arena *arena,
                                         struct role *out);
/* Deletes unless somebody holds it who is not deleted: ROLE_IN_USE, with how many in *holders.
   Deleted people lose it. No race with a user who gets it at the same moment leaves a holder of
   nothing: one of the two is refused. Appends the change. NOT_FOUND, CONFLICT (if_version). */
MUST_CHECK enum result store_role_delete(struct store_handle *handle, const struct id *role_id,
                                         int64_t if_version, int64_t now_ms, int64_t *holders);

/* All keys, retired ones too, oldest first. */
MUST_CHECK enum result store_key_list(struct store_handle *handle, struct arena *arena,
                                      const struct stored_key **out, size_t *count);
/* Adds the key unless one of its algorithm is open (not retired, or retired later than now)
   already: CONFLICT. For the first start of several nodes at once. */
MUST_CHECK enum result store_key_create_first(struct store_handle *handle,
                                              const struct stored_key *key, int64_t now_ms);
/* Adds the key; every open key of the same algorithm retires at retire_others_ms. Appends the
 * change. */
MUST_CHECK enum result store_key_rotate(struct store_handle *handle, const struct stored_key *key,
                                        int64_t retire_others_ms, int64_t now_ms);
/* The key verifies nothing from now on. in_force: the algorithm that signs now (empty: a configured
   secret does). NOT_FOUND, CONFLICT when it is the only open one of that algorithm. */
MUST_CHECK enum result store_key_retire(struct store_handle *handle, struct view key_id,
                                        struct view in_force, int64_t now_ms);

/* Keeps value under name unless there is one already; out is what is kept. For what the first start
 * decides for all nodes. */
MUST_CHECK enum result store_setting_keep(struct store_handle *handle, struct view name,
                                          struct view value, struct arena *arena, struct view *out);

/* --- audit events ------------------------------------------------------------------------------
   Appended, read, and purged when they are old; no operation changes one. Those given to other
   operations (user_draft, user_purge, session_draft, attempt_fail) are stored in the same step
   where the back end can do that, else right after it.
 */

MUST_CHECK enum result store_audit_append(struct store_handle *handle,
                                          const struct audit_event *event);
/* The newest first. With one of actor, user, name, event, address, system, failure set an index
   leads to them; further conditions are looked at event by event. */
MUST_CHECK enum result store_audit_list(struct store_handle *handle,
                                        const struct audit_query *query, struct arena *arena,
                                        struct audit_page *out);

/* --- change feed and housekeeping ------------------------------------------------------------- */

/* Calls visit for every change after the cursor, at least once and in no promised order between
   subjects, then moves the cursor. With a cursor at the beginning, those older than since_ms are
   left out. visit returns false to stop: the cursor stays. */
MUST_CHECK enum result store_changes_read(struct store_handle *handle, struct change_cursor *cursor,
                                          int64_t since_ms, struct arena *arena,
                                          bool (*visit)(void *context, const struct change *change),
                                          void *context);

/* A descriptor that becomes readable when there may be changes, until the handle is used again; -1:
   there is none now, look from time to time. To be read from is for the next store_changes_read. */
int store_changes_descriptor(struct store_handle *handle);

struct purge_limits {
    int64_t now_ms;
    int64_t changes_before_ms;  /* changes older than this go */
    int64_t sessions_before_ms; /* sessions over (ended, expired) before this go */
    int64_t attempts_before_ms; /* counters whose window and lock ended before this go */
    int64_t audit_before_ms;    /* events older than this go; 0: none */
    int64_t batch;              /* rows of each at most, so that no writer waits long */
};
/* *more: call again soon. */
MUST_CHECK enum result store_purge(struct store_handle *handle, const struct purge_limits *limits,
                                   bool *more);

/* --- products, the example of an application's own things ------------------------------------- */

/* The owner is not looked up: whoever is logged in may be deleted at the same instant. */
MUST_CHECK enum result store_product_create(struct store_handle *handle,
                                            const struct product_draft *draft, struct arena *arena,
                                            struct product *out);
/* NOT_FOUND. */
MUST_CHECK enum result store_product_get(struct store_handle *handle, const struct product_key *key,
                                         struct arena *arena, struct product *out);
/* One conditional update; the version counts up. NOT_FOUND, CONFLICT (if_version). */
MUST_CHECK enum result store_product_update(struct store_handle *handle,
                                            const struct product_key *key,
                                            const struct product_patch *patch, struct arena *arena,
                                            struct product *out);
/* Deletes it for good, if it is of that version (0: any); out is how it was. NOT_FOUND, CONFLICT.
 */
MUST_CHECK enum result store_product_delete(struct store_handle *handle,
                                            const struct product_key *key, int64_t if_version,
                                            struct arena *arena, struct product *out);
/* The products that match, in the order asked for, and how many match in all: one view of the data.
   model/product.h says what filters and sorts mean; pages follow each other as those of
   store_user_list do. */
MUST_CHECK enum result store_product_list(struct store_handle *handle,
                                          const struct product_list_request *request,
                                          struct arena *arena, struct product_page *out);

/* --- moving everything to another store (docs/adr/0015) ------------------------------------------
   dump reads a store whole, load writes it into another one, record by record, exactly. Failed
   attempts stay behind: they are forgotten within minutes anyway. Not for stores that are in use.
 */

#define STORE_DUMP_MAX 8192                     /* records of one page */
#define STORE_LOAD_MAX 8192                     /* records of one call */
#define STORE_DUMP_PAGE_BYTES (4 * 1024 * 1024) /* a page with more text ends there */

enum store_standing {
    STORE_EMPTY = 1, /* as the migrations leave it: built-in roles, nothing else */
    STORE_LOADING,   /* store_load_begin, and no store_load_end since */
    STORE_IN_USE
};
/* What is kept here? Failed attempts do not count. */
MUST_CHECK enum result store_standing(struct store_handle *handle, enum store_standing *out);

struct record_query {
    enum record_kind kind;
    struct record_position after;
    size_t limit;             /* 1 to STORE_DUMP_MAX */
    int64_t changes_since_ms; /* of RECORD_CHANGE: those of then and later; else not looked at */
};
struct record_page {
    const struct record *items; /* in the order of their positions */
    size_t count;               /* 0: the end */
};
/* The records of a kind that come after a position, in the order of model/record.h, at least one
   unless there is none. A page is one view of the data where the back end can do that. Complete:
   texts byte for byte, whatever their state: deleted people, sessions that are over, keys that are
   retired. The mark of store_load_begin is no setting. RECORD_COUNTER gives every counter. */
MUST_CHECK enum result store_dump(struct store_handle *handle, const struct record_query *query,
                                  struct arena *arena, struct record_page *out);
/* About how many of each kind there are, for progress; by enum record_kind. */
MUST_CHECK enum result store_dump_counts(struct store_handle *handle, int64_t changes_since_ms,
                                         int64_t counts[RECORD_KIND_END]);
/* Marks an empty store as being loaded: processes that serve do not start on it. OK when it is
   marked already; CONFLICT when it is in use. */
MUST_CHECK enum result store_load_begin(struct store_handle *handle);
/* Adds records, all of one kind, in the order of their positions, as they are: numbers, versions,
   epochs, instants, and no change or audit event of its own. One that is there and the same is left
   alone, so that a batch can be given again; a built-in role becomes what the record says; a
   counter only goes up; a change may be kept with a later instant (it makes processes that start
   later learn of its subject). CONFLICT: another record has its id, number, name or e-mail;
   INVALID: a role or user it refers to is not there, it is beyond model/limits.h, or this store
   cannot hold it; *refused is the index then. All or none; a back end without transactions may have
   kept some, which are the same when they are given again. */
MUST_CHECK enum result store_load(struct store_handle *handle, const struct record *records,
                                  size_t count, size_t *refused);
/* Takes the mark away: from now on the store may be used. OK when there is none. */
MUST_CHECK enum result store_load_end(struct store_handle *handle);

/* --- the schema, without opening a store ------------------------------------------------------ */

enum store_migrate_mode {
    STORE_MIGRATE_LOOK = 1, /* says what is applied and what is not; changes nothing */
    STORE_MIGRATE_TRY,      /* applies what is missing and takes it back; a back end without
                               transactions only looks */
    STORE_MIGRATE_APPLY
};
enum store_step_state { STORE_STEP_APPLIED = 1, STORE_STEP_PENDING, STORE_STEP_DONE_NOW };
struct store_step {
    int64_t number;
    const char *name;
    enum store_step_state state; /* DONE_NOW: by this call, tried ones too */
    int64_t applied_ms;          /* 0: not yet, or unknown */
};
struct store_migrate_watch {
    void (*note)(void *context, const struct store_step *step);
    void *context;
};
/* Looks at, tries or applies the schema's steps (store/migrate.h) and tells watch of them, in their
   order. LOOK and TRY on a database that does not exist yet make none: all steps are pending.
   Results and message as store_open; options->migrate is not looked at. */
MUST_CHECK enum result store_migrate(const struct store_options *options,
                                     enum store_migrate_mode mode,
                                     const struct store_migrate_watch *watch, char *message,
                                     size_t message_size);

#endif
