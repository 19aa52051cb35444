#include "store/mongo/sessions.h"

#include "base/network.h"
#include "model/limits.h"
#include "store/decide.h"
#include "store/mongo/attempts.h"
#include "store/mongo/audit_events.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/epochs.h"
#include "store/mongo/stamp.h"
#include "store/mongo/user_document.h"
#include "store/mongo/user_write.h"
#include "store/mongo/users.h"

enum result mongo_sessions_of_doc(const bson_t *doc, struct arena *arena, struct session *out)
{
    struct doc_reader reader = {.doc = doc, .arena = arena};
    *out = (struct session){
        .id = doc_get_id(doc, "_id"),
        .user_id = doc_get_id(doc, "user_id"),
        .client_id = doc_get_text(&reader, "client_id"),
        .user_agent = doc_get_text(&reader, "user_agent"),
        .address = doc_get_text(&reader, "address"),
        .created_ms = doc_get_instant(doc, "created_at"),
        .last_used_ms = doc_get_instant(doc, "last_used_at"),
        .expires_ms = doc_get_instant(doc, "expires_at"),
        .counter = doc_get_number(doc, "counter", 0),
        .revoked_ms = doc_get_instant(doc, "revoked_at"),
        .epoch = doc_get_number(doc, "epoch", 0),
    };
    return reader.failure;
}

/* Not ended, not expired, not idle for too long; epochs are looked at apart. */
static void add_is_open(bson_t *filter, int64_t now_ms, int64_t idle_ms)
{
    doc_add(filter, DOC(doc_null("revoked_at"), doc_open("expires_at"), doc_date("$gt", now_ms),
                        doc_close(), doc_open("last_used_at"), doc_date("$gt", now_ms - idle_ms),
                        doc_close()));
}

/* --- log in ----------------------------------------------------------------------------------- */

static enum result insert(struct mongo_handle *handle, const struct session_draft *draft)
{
    const struct session *session = &draft->session;
    char room[NETWORK_SIZE];
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_uuid("_id", &session->id), doc_uuid("user_id", &session->user_id),
                       doc_text("client_id", view_not_null(session->client_id)),
                       doc_text("user_agent", session->user_agent),
                       doc_text("address", view_not_null(session->address)),
                       doc_text("network", view_not_null(network_of(session->address, room))),
                       doc_date("created_at", session->created_ms),
                       doc_date("last_used_at", session->last_used_ms),
                       doc_date("expires_at", session->expires_ms),
                       doc_number("counter", session->counter),
                       doc_number("epoch", draft->expected_epoch)));
    enum result result = call_insert(handle, MONGO_SESSIONS, &doc, NULL);
    return result == RESULT_CONFLICT ? RESULT_INTERNAL : result;
}

static void take_back(struct mongo_handle *handle, const struct id *session_id)
{
    DOC_LOCAL(filter);
    doc_make(&filter, DOC(doc_uuid("_id", session_id)));
    enum result result = call_delete(handle, MONGO_SESSIONS, &filter);
    (void)result; /* logged; nobody has a token of it */
}

/* "password_hash" where it is to be replaced: only if it is still the old one. */
static void add_hash(const struct session_draft *draft, bson_t *set)
{
    if (draft->new_hash.at == NULL) {
        return;
    }
    doc_add(set, DOC(doc_open("password_hash"), doc_list("$cond"), doc_open(NULL), doc_list("$eq"),
                     doc_word(NULL, "$password_hash"), doc_open(NULL),
                     doc_text("$literal", view_not_null(draft->old_hash)), doc_close(), doc_close(),
                     doc_close(), doc_open(NULL), doc_text("$literal", draft->new_hash),
                     doc_close(), doc_word(NULL, "$password_hash"), doc_close(), doc_close()));
}

/* The person decides, last: the session of a refused log-in is dead by its epoch already, and taken
   back. */
static enum result log_user_in(struct mongo_handle *handle, const struct session_draft *draft,
                               bson_t *user)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(update);
    doc_make(&filter,
             DOC(doc_uuid("_id", &draft->session.user_id), doc_bool("deleted", false),
                 doc_word("status", "active"), doc_number("epoch", draft->expected_epoch)));
    doc_make(&set, DOC(doc_date("last_login_at", draft->session.created_ms),
                       doc_date("order.last_login", draft->session.created_ms)));
    add_hash(draft, &set);
    doc_make(&update, DOC(doc_open("0"), doc_embed("$set", &set), doc_close()));
    return call_modify(handle, MONGO_USERS, &filter, &update, 0, NULL, user);
}

/* Gone or disabled (NOT_FOUND), else it is the epoch. */
static enum result why_refused(struct mongo_handle *handle, const struct id *user_id)
{
    DOC_LOCAL(user);
    enum result result = mongo_users_find(handle, user_id, USER_PRESENT, &user);
    bool is_active = view_is(doc_peek_text(&user, "status"), "active");
    if (result == RESULT_OK) {
        result = is_active ? RESULT_CONFLICT : RESULT_NOT_FOUND;
    }
    return result;
}

static enum result end_one(struct mongo_handle *handle, const struct id *session_id,
                           const struct id *user_id, int64_t now_ms)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(update);
    doc_make(&filter,
             DOC(doc_uuid("_id", session_id), doc_uuid("user_id", user_id), doc_null("revoked_at"),
                 doc_open("expires_at"), doc_date("$gt", now_ms), doc_close()));
    doc_make(&set, DOC(doc_date("revoked_at", now_ms)));
    mongo_stamp_update(&set, NULL, NULL, now_ms, &update);
    return call_update(handle, MONGO_SESSIONS, &filter, &update, NULL);
}

/* Those beyond the limit, the one unused for longest last. */
static enum result trim(struct mongo_handle *handle, const struct session_draft *draft)
{
    int64_t now_ms = draft->session.created_ms;
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result;
    doc_make(&filter, DOC(doc_uuid("user_id", &draft->session.user_id),
                          doc_number("epoch", draft->expected_epoch)));
    add_is_open(&filter, now_ms, draft->idle_ms);
    doc_make(&options, DOC(doc_open("sort"), doc_number("last_used_at", -1), doc_number("_id", -1),
                           doc_close(), doc_number("skip", SESSIONS_PER_USER_MAX),
                           doc_open("projection"), doc_bool("_id", true), doc_close()));
    CLEANUP(call_close)
    struct call_rows rows = call_find(handle, MONGO_SESSIONS, &filter, &options);
    while ((result = call_next(&rows, &found)) == RESULT_OK) {
        struct id id = doc_get_id(found, "_id");
        result = end_one(handle, &id, &draft->session.user_id, now_ms);
        if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
            return result;
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* The log-in has been decided: what fails here is logged, and made up for by the next one. */
static void follow(struct mongo_handle *handle, const struct session_draft *draft,
                   const bson_t *user)
{
    enum result result = trim(handle, draft);
    if (result == RESULT_OK) {
        result = mongo_attempts_forget(handle, draft->forget, draft->forget_count);
    }
    if (draft->event != NULL) {
        struct audit_event event = *draft->event;
        struct view username = doc_peek_text(user, "username");
        bool is_about_user = id_equal(&event.user_id, &draft->session.user_id);
        bool is_by_user = id_equal(&event.actor_id, &draft->session.user_id);
        event.user_name = event.user_name.at == NULL && is_about_user ? username : event.user_name;
        event.actor_name = event.actor_name.at == NULL && is_by_user ? username : event.actor_name;
        mongo_audit_events_follow(handle, &event);
    }
}

enum result mongo_sessions_create(struct store_handle *base, const struct session_draft *draft)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    DOC_LOCAL(user);
    enum result result = insert(handle, draft);
    if (result != RESULT_OK) {
        return result;
    }
    result = log_user_in(handle, draft, &user);
    if (result == RESULT_NOT_FOUND) {
        result = why_refused(handle, &draft->session.user_id);
    }
    if (result != RESULT_OK) {
        take_back(handle, &draft->session.id);
        return result;
    }
    follow(handle, draft, &user);
    return RESULT_OK;
}

/* --- rotate ----------------------------------------------------------------------------------- */

/* What one rotation found; goes through the steps below. */
struct rotating {
    struct mongo_handle *handle;
    const struct session_rotation *asked;
    struct arena *arena;
    enum session_rotation_outcome outcome;
    struct session session;
};

static enum result take(struct rotating *rotating, const bson_t *doc)
{
    return mongo_sessions_of_doc(doc, rotating->arena, &rotating->session);
}

static enum result try_to_rotate(struct rotating *rotating)
{
    const struct session_rotation *asked = rotating->asked;
    char room[NETWORK_SIZE];
    bool has_agent = asked->user_agent.at != NULL;
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    DOC_LOCAL(after);
    doc_make(&filter,
             DOC(doc_uuid("_id", &asked->session_id), doc_number("counter", asked->counter)));
    add_is_open(&filter, asked->now_ms, asked->idle_ms);
    doc_make(&update,
             DOC(doc_open("$inc"), doc_number("counter", 1), doc_close(), doc_open("$set"),
                 doc_date("last_used_at", asked->now_ms), doc_date("rotated_at", asked->now_ms),
                 doc_text("address", view_not_null(asked->address)),
                 doc_text("network", view_not_null(network_of(asked->address, room))),
                 doc_text("user_agent", asked->user_agent), doc_close()));
    if (!has_agent) {
        doc_add(&update, DOC(doc_open("$unset"), doc_bool("user_agent", true), doc_close()));
    }
    enum result result =
        call_modify(rotating->handle, MONGO_SESSIONS, &filter, &update, 0, NULL, &after);
    rotating->outcome = SESSION_ROTATED;
    return result == RESULT_OK ? take(rotating, &after) : result;
}

/* No rotation: the session is over, or the token is an older one. */
static enum result find_out_why(struct rotating *rotating)
{
    const struct session_rotation *asked = rotating->asked;
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_uuid("_id", &asked->session_id)));
    add_is_open(&filter, asked->now_ms, asked->idle_ms);
    enum result result = call_find_one(rotating->handle, MONGO_SESSIONS, &filter, NULL, &found);
    rotating->outcome = SESSION_DEAD;
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    rotating->outcome = decide_rotation(asked, doc_get_number(&found, "counter", 0),
                                        doc_get_instant(&found, "rotated_at"));
    return take(rotating, &found);
}

/* The person of a session, read after it. NOT_FOUND when they are gone or disabled, or have ended
   all sessions since. */
static enum result find_user(struct mongo_handle *handle, const struct session *session,
                             bson_t *found)
{
    enum result result = mongo_users_find(handle, &session->user_id, USER_PRESENT, found);
    if (result != RESULT_OK) {
        return result;
    }
    const struct epochs_state state = mongo_epochs_of(found);
    bool is_good = view_is(doc_peek_text(found, "status"), "active") &&
                   mongo_epochs_is_alive(&state, &session->id, session->epoch);
    return is_good ? RESULT_OK : RESULT_NOT_FOUND;
}

/* Who is disabled or has ended all sessions never passes. A counter that went up for nothing does
   no harm, as the session is dead for good. */
static enum result check_user(struct rotating *rotating, struct user *user)
{
    DOC_LOCAL(found);
    enum result result = find_user(rotating->handle, &rotating->session, &found);
    if (result != RESULT_OK) {
        rotating->outcome = SESSION_DEAD;
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    return mongo_user_document_read(&found, rotating->arena, user, NULL);
}

static enum result rotate(struct rotating *rotating, struct user *user)
{
    struct session *session = &rotating->session;
    enum result result = try_to_rotate(rotating);
    if (result == RESULT_NOT_FOUND) {
        result = find_out_why(rotating);
    }
    if (result == RESULT_OK && rotating->outcome != SESSION_DEAD) {
        result = check_user(rotating, user);
    }
    if (result != RESULT_OK || rotating->outcome != SESSION_REUSED) {
        return result;
    }
    session->revoked_ms = rotating->asked->now_ms;
    result = end_one(rotating->handle, &session->id, &session->user_id, session->revoked_ms);
    if (result == RESULT_NOT_FOUND) { /* another one was faster, and said so */
        rotating->outcome = SESSION_DEAD;
        return RESULT_OK;
    }
    return result;
}

enum result mongo_sessions_rotate(struct store_handle *base,
                                  const struct session_rotation *rotation, struct arena *arena,
                                  enum session_rotation_outcome *outcome, struct session *session,
                                  struct user *user)
{
    struct rotating rotating = {.handle = mongo_handle_of(base),
                                .asked = rotation,
                                .arena = arena,
                                .outcome = SESSION_DEAD};
    enum result result = rotate(&rotating, user);
    *outcome = result == RESULT_OK ? rotating.outcome : SESSION_DEAD;
    *session = rotating.session;
    return result;
}

/* --- end -------------------------------------------------------------------------------------- */

enum result mongo_sessions_end(struct store_handle *base, const struct id *user_id,
                               const struct id *session_id, int64_t now_ms)
{
    return end_one(mongo_handle_of(base), session_id, user_id, now_ms);
}

/* The person's version stays: this is no change of the record. The epoch it was read at is the
   condition, so that what is kept was alive then. */
static enum result next_epoch(struct mongo_handle *handle, const struct id *user_id,
                              const struct id *keep, int64_t now_ms, bson_t *after)
{
    DOC_LOCAL(before);
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(unset);
    DOC_LOCAL(inc);
    DOC_LOCAL(update);
    enum result result = mongo_users_find(handle, user_id, USER_PRESENT, &before);
    mongo_epochs_add_end(&before, keep, now_ms, &set, &unset, &inc);
    mongo_stamp_update(&set, &unset, &inc, now_ms, &update);
    doc_add(&filter, DOC(doc_uuid("_id", user_id), doc_bool("deleted", false),
                         doc_number("epoch", doc_get_number(&before, "epoch", 0))));
    if (result != RESULT_OK) {
        bson.init(after);
        return result;
    }
    result = call_modify(handle, MONGO_USERS, &filter, &update, 0, NULL, after);
    return result == RESULT_NOT_FOUND ? RESULT_CONFLICT : result;
}

enum result mongo_sessions_end_all(struct store_handle *base, const struct id *user_id,
                                   const struct id *keep, int64_t now_ms, int64_t *ended)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    enum result result = RESULT_CONFLICT;
    *ended = 0;
    for (int tries = 0; result == RESULT_CONFLICT && tries < USER_WRITE_TRIES; tries++) {
        DOC_LOCAL(after);
        result = next_epoch(handle, user_id, keep, now_ms, &after);
        if (result == RESULT_OK) {
            const struct epochs_state state = mongo_epochs_of(&after);
            result = mongo_epochs_finish(handle, &state, now_ms, ended);
        }
    }
    return result == RESULT_CONFLICT ? RESULT_STORE_UNAVAILABLE : result;
}

/* --- read ------------------------------------------------------------------------------------- */

static enum result read_alive(struct call_rows *rows, const struct epochs_state *state,
                              struct arena *arena, struct session *sessions, size_t *count)
{
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    while (*count < SESSIONS_PER_USER_MAX && (result = call_next(rows, &found)) == RESULT_OK) {
        struct session *session = &sessions[*count];
        result = mongo_sessions_of_doc(found, arena, session);
        if (result != RESULT_OK) {
            return result;
        }
        *count += mongo_epochs_is_alive(state, &session->id, session->epoch) ? 1 : 0;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_sessions_get(struct store_handle *base, const struct id *session_id,
                               int64_t now_ms, int64_t idle_ms, struct arena *arena,
                               struct session *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    DOC_LOCAL(filter);
    DOC_LOCAL(session);
    DOC_LOCAL(user);
    doc_make(&filter, DOC(doc_uuid("_id", session_id)));
    add_is_open(&filter, now_ms, idle_ms);
    enum result result = call_find_one(handle, MONGO_SESSIONS, &filter, NULL, &session);
    if (result == RESULT_OK) {
        result = mongo_sessions_of_doc(&session, arena, out);
    }
    return result == RESULT_OK ? find_user(handle, out, &user) : result;
}

enum result mongo_sessions_list(struct store_handle *base, const struct id *user_id, int64_t now_ms,
                                int64_t idle_ms, struct arena *arena, struct session_page *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    struct session *sessions = arena_take_array(arena, SESSIONS_PER_USER_MAX, sizeof *sessions);
    DOC_LOCAL(user);
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    enum result result = mongo_users_find(handle, user_id, USER_PRESENT, &user);
    bool is_active = view_is(doc_peek_text(&user, "status"), "active");
    doc_make(&filter, DOC(doc_uuid("user_id", user_id)));
    add_is_open(&filter, now_ms, idle_ms);
    doc_make(&options, DOC(doc_open("sort"), doc_number("last_used_at", -1), doc_number("_id", -1),
                           doc_close()));
    *out = (struct session_page){.items = sessions};
    if (sessions == NULL) {
        return RESULT_INTERNAL;
    }
    if (result != RESULT_OK || !is_active) {
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    const struct epochs_state state = mongo_epochs_of(&user);
    CLEANUP(call_close)
    struct call_rows rows = call_find(handle, MONGO_SESSIONS, &filter, &options);
    return read_alive(&rows, &state, arena, sessions, &out->count);
}

enum result mongo_sessions_knows_address(struct store_handle *base, const struct id *user_id,
                                         struct view address, bool *out)
{
    char room[NETWORK_SIZE];
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_uuid("user_id", user_id),
                          doc_text("network", view_not_null(network_of(address, room)))));
    doc_make(&options, DOC(doc_open("projection"), doc_bool("_id", true), doc_close()));
    enum result result =
        call_find_one(mongo_handle_of(base), MONGO_SESSIONS, &filter, &options, &found);
    *out = result == RESULT_OK;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
