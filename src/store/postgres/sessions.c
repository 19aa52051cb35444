#include "store/postgres/sessions.h"

#include "base/network.h"
#include "model/limits.h"
#include "store/decide.h"
#include "store/postgres/attempts.h"
#include "store/postgres/audit_events.h"
#include "store/postgres/changes.h"
#include "store/postgres/transaction.h"
#include "store/postgres/users.h"

/* The order of SESSION_COLUMNS (statements.c). */
enum session_column {
    SESSION_ID,
    SESSION_USER_ID,
    SESSION_CLIENT_ID,
    SESSION_USER_AGENT,
    SESSION_ADDRESS,
    SESSION_CREATED,
    SESSION_LAST_USED,
    SESSION_EXPIRES,
    SESSION_COUNTER,
    SESSION_REVOKED,
    SESSION_EPOCH,
    SESSION_ROTATED_AT,
    SESSION_USER /* the first of the person's, of SESSION_LOOK and SESSIONS_LOOK only */
};

enum result postgres_sessions_of_row(const struct pgsql_row *row, struct arena *arena,
                                     struct session_record *out)
{
    bool good = true;
    out->session = (struct session){
        .id = pgsql_get_id(row, SESSION_ID),
        .user_id = pgsql_get_id(row, SESSION_USER_ID),
        .client_id = pgsql_copy_view(row, SESSION_CLIENT_ID, arena, &good),
        .user_agent = pgsql_copy_view(row, SESSION_USER_AGENT, arena, &good),
        .address = pgsql_copy_view(row, SESSION_ADDRESS, arena, &good),
        .created_ms = pgsql_get_number(row, SESSION_CREATED),
        .last_used_ms = pgsql_get_number(row, SESSION_LAST_USED),
        .expires_ms = pgsql_get_number(row, SESSION_EXPIRES),
        .counter = pgsql_get_number(row, SESSION_COUNTER),
        .revoked_ms = pgsql_get_number(row, SESSION_REVOKED),
        .epoch = pgsql_get_number(row, SESSION_EPOCH),
    };
    out->rotated_ms = pgsql_get_number(row, SESSION_ROTATED_AT);
    return good ? RESULT_OK : RESULT_INTERNAL;
}

enum result postgres_sessions_look_of_row(const struct pgsql_row *row, struct arena *arena,
                                          struct session_record *out, struct user *user)
{
    enum result result = postgres_sessions_of_row(row, arena, out);
    return result == RESULT_OK ? postgres_users_of_row(row, SESSION_USER, arena, user) : result;
}

/* --- log in ----------------------------------------------------------------------------------- */

static size_t add_log_in(struct pgsql_batch *batch, const struct session_draft *draft)
{
    const struct session *session = &draft->session;
    struct postgres_attempt_keys keys;
    char room[NETWORK_SIZE];
    postgres_attempts_keys_of_views(&keys, draft->forget, draft->forget_count);
    return pgsql_add(
        batch, STATEMENT_USER_LOG_IN,
        PGSQL_BIND(pgsql_id(&session->user_id), pgsql_number(draft->expected_epoch),
                   pgsql_number(session->created_ms), pgsql_text(draft->new_hash),
                   pgsql_text(draft->old_hash), pgsql_id(&session->id),
                   pgsql_text(view_not_null(session->client_id)), pgsql_text(session->user_agent),
                   pgsql_text(view_not_null(session->address)),
                   pgsql_text(view_not_null(network_of(session->address, room))),
                   pgsql_number(session->created_ms), pgsql_number(session->last_used_ms),
                   pgsql_number(session->expires_ms), pgsql_number(session->counter), keys.keys));
}

static size_t add_trim(struct pgsql_batch *batch, const struct session_draft *draft)
{
    int64_t now_ms = draft->session.created_ms;
    return pgsql_add(batch, STATEMENT_SESSION_TRIM,
                     PGSQL_BIND(pgsql_id(&draft->session.user_id), pgsql_number(now_ms),
                                pgsql_number(now_ms - draft->idle_ms),
                                pgsql_number(SESSIONS_PER_USER_MAX), pgsql_id(&draft->session.id)));
}

/* Refused: gone or disabled (NOT_FOUND), else it is the epoch. */
static enum result why_not(struct postgres_handle *handle, const struct id *user_id)
{
    int64_t active = 0;
    enum result result =
        pgsql_do_number(handle, STATEMENT_USER_IS_ACTIVE, PGSQL_BIND(pgsql_id(user_id)), &active);
    return result == RESULT_OK ? RESULT_CONFLICT : result;
}

/* One round trip. The person's row is locked first, so that trimming sees every other log-in. */
static enum result create(struct postgres_handle *handle, const struct session_draft *draft,
                          int64_t *trimmed)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    size_t who = add_log_in(&batch, draft);
    size_t ended = add_trim(&batch, draft);
    if (draft->event != NULL) {
        (void)postgres_audit_events_add_with_session(&batch, draft->event, &draft->session.id);
    }
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    struct pgsql_row row = pgsql_row(&batch, ended, 0);
    *trimmed = pgsql_get_number(&row, 0);
    return pgsql_rows(&batch, who) > 0 ? RESULT_OK : why_not(handle, &draft->session.user_id);
}

enum result postgres_sessions_create(struct store_handle *base, const struct session_draft *draft)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    int64_t trimmed = 0;
    enum result result;
    POSTGRES_TRY(result, create(handle, draft, &trimmed));
    return trimmed > 0 ? postgres_changes_tell(handle, result) : result;
}

/* --- rotate ----------------------------------------------------------------------------------- */

static void add_rotation(struct pgsql_batch *batch, const struct session_rotation *asked)
{
    char room[NETWORK_SIZE];
    struct pgsql_value idle = pgsql_number(asked->now_ms - asked->idle_ms);
    (void)pgsql_add(batch, STATEMENT_SESSION_ROTATE,
                    PGSQL_BIND(pgsql_id(&asked->session_id), pgsql_number(asked->counter),
                               pgsql_number(asked->now_ms), idle,
                               pgsql_text(view_not_null(asked->address)),
                               pgsql_text(view_not_null(network_of(asked->address, room))),
                               pgsql_text(asked->user_agent)));
    (void)pgsql_add(batch, STATEMENT_SESSION_LOOK,
                    PGSQL_BIND(pgsql_id(&asked->session_id), pgsql_number(asked->now_ms), idle));
}

/* Rotates if it can, and looks: one round trip, in which the person is read last. BUSY when the row
   was held, and whoever held it kept it alive while the person's other sessions ended: the update
   knew the person as before, and may be done again. */
static enum result rotate(struct postgres_handle *handle, const struct session_rotation *asked,
                          struct arena *arena, enum session_rotation_outcome *outcome,
                          struct session *session, struct user *user)
{
    struct session_record found;
    *outcome = SESSION_DEAD;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    add_rotation(&batch, asked);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK || pgsql_rows(&batch, 1) == 0) {
        return result;
    }
    struct pgsql_row row = pgsql_row(&batch, 1, 0);
    result = postgres_sessions_look_of_row(&row, arena, &found, user);
    *session = found.session;
    bool moved = pgsql_changed(&batch, 0) > 0;
    if (!moved && result == RESULT_OK && found.session.counter == asked->counter) {
        return RESULT_BUSY;
    }
    *outcome =
        moved ? SESSION_ROTATED : decide_rotation(asked, found.session.counter, found.rotated_ms);
    return result;
}

static enum result end_one(struct postgres_handle *handle, const struct id *user_id,
                           const struct id *session_id, int64_t now_ms)
{
    enum result result = pgsql_do_changing(
        handle, STATEMENT_SESSION_END,
        PGSQL_BIND(pgsql_id(session_id), pgsql_id(user_id), pgsql_number(now_ms)));
    return postgres_changes_tell(handle, result);
}

enum result postgres_sessions_rotate(struct store_handle *base,
                                     const struct session_rotation *rotation, struct arena *arena,
                                     enum session_rotation_outcome *outcome,
                                     struct session *session, struct user *user)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    *session = (struct session){.counter = 0};
    enum result result;
    POSTGRES_TRY(result, rotate(handle, rotation, arena, outcome, session, user));
    if (result == RESULT_OK && *outcome == SESSION_REUSED) {
        session->revoked_ms = rotation->now_ms;
        result = end_one(handle, &session->user_id, &session->id, session->revoked_ms);
    }
    if (result != RESULT_OK) {
        *outcome = SESSION_DEAD;
    }
    /* Another one was faster, and has told of it. */
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- end -------------------------------------------------------------------------------------- */

enum result postgres_sessions_end(struct store_handle *base, const struct id *user_id,
                                  const struct id *session_id, int64_t now_ms)
{
    enum result result;
    POSTGRES_TRY(result, end_one(postgres_handle_of(base), user_id, session_id, now_ms));
    return result;
}

size_t postgres_sessions_add_end_those(struct pgsql_batch *batch, const struct id *user_id,
                                       const struct id *keep, int64_t now_ms)
{
    size_t ended = pgsql_add(batch, STATEMENT_SESSION_END_ALL,
                             PGSQL_BIND(pgsql_id(user_id), pgsql_number(now_ms), pgsql_id(keep)));
    if (keep != NULL) {
        (void)pgsql_add(batch, STATEMENT_SESSION_KEEP,
                        PGSQL_BIND(pgsql_id(user_id), pgsql_id(keep)));
    }
    return ended;
}

static enum result end_all(struct postgres_handle *handle, const struct id *user_id,
                           const struct id *keep, int64_t now_ms, int64_t *ended)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    /* The epoch stops log-ins that are under way. */
    size_t moved = pgsql_add(&batch, STATEMENT_USER_NEXT_EPOCH,
                             PGSQL_BIND(pgsql_id(user_id), pgsql_number(now_ms)));
    size_t those = postgres_sessions_add_end_those(&batch, user_id, keep, now_ms);
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    struct pgsql_row row = pgsql_row(&batch, moved, 0);
    if (pgsql_get_number(&row, 0) == 0) {
        return RESULT_NOT_FOUND;
    }
    row = pgsql_row(&batch, those, 0);
    *ended = pgsql_get_number(&row, 0);
    return RESULT_OK;
}

enum result postgres_sessions_end_all(struct store_handle *base, const struct id *user_id,
                                      const struct id *keep, int64_t now_ms, int64_t *ended)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    enum result result;
    *ended = 0;
    POSTGRES_TRY(result, end_all(handle, user_id, keep, now_ms, ended));
    return postgres_changes_tell(handle, result);
}

/* --- read ------------------------------------------------------------------------------------- */

static enum result read_all(const struct pgsql_batch *batch, struct arena *arena,
                            struct session_page *out)
{
    struct session *sessions = arena_take_array(arena, pgsql_rows(batch, 0), sizeof *sessions);
    enum result result = RESULT_OK;
    *out = (struct session_page){.items = sessions, .count = pgsql_rows(batch, 0)};
    if (sessions == NULL && out->count > 0) {
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; result == RESULT_OK && i < out->count; i++) {
        struct pgsql_row row = pgsql_row(batch, 0, i);
        struct session_record found;
        result = postgres_sessions_of_row(&row, arena, &found);
        sessions[i] = found.session;
    }
    return result;
}

static enum result get(struct postgres_handle *handle, const struct id *session_id, int64_t now_ms,
                       int64_t idle_ms, struct arena *arena, struct session *out)
{
    struct session_record found;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(
        &batch, STATEMENT_SESSION_LOOK,
        PGSQL_BIND(pgsql_id(session_id), pgsql_number(now_ms), pgsql_number(now_ms - idle_ms)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK || pgsql_rows(&batch, 0) == 0) {
        return result == RESULT_OK ? RESULT_NOT_FOUND : result;
    }
    struct pgsql_row row = pgsql_row(&batch, 0, 0);
    result = postgres_sessions_of_row(&row, arena, &found);
    *out = found.session;
    return result;
}

enum result postgres_sessions_get(struct store_handle *base, const struct id *session_id,
                                  int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                  struct session *out)
{
    enum result result;
    POSTGRES_TRY(result, get(postgres_handle_of(base), session_id, now_ms, idle_ms, arena, out));
    return result;
}

enum result postgres_sessions_list(struct store_handle *base, const struct id *user_id,
                                   int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                   struct session_page *out)
{
    *out = (struct session_page){.count = 0};
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)pgsql_add(&batch, STATEMENT_SESSION_LIST,
                    PGSQL_BIND(pgsql_id(user_id), pgsql_number(now_ms),
                               pgsql_number(now_ms - idle_ms),
                               pgsql_number(SESSIONS_PER_USER_MAX)));
    enum result result = pgsql_run(&batch);
    return result == RESULT_OK ? read_all(&batch, arena, out) : result;
}

enum result postgres_sessions_knows_address(struct store_handle *base, const struct id *user_id,
                                            struct view address, bool *out)
{
    char room[NETWORK_SIZE];
    int64_t known = 0;
    enum result result = pgsql_do_number(
        postgres_handle_of(base), STATEMENT_SESSION_NETWORK,
        PGSQL_BIND(pgsql_id(user_id), pgsql_wanted(view_not_null(network_of(address, room)))),
        &known);
    *out = known != 0;
    return result;
}
