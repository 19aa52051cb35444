#include "store/sqlite/sessions.h"

#include "base/network.h"
#include "model/limits.h"
#include "store/decide.h"
#include "store/sqlite/audit_events.h"
#include "store/sqlite/changes.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"
#include "store/sqlite/users.h"

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
    SESSION_ROTATED_AT, /* this and what follows, of STATEMENT_SESSION_LOOK_BOTH only */
    SESSION_USER        /* the first of the person's */
};

enum result sqlite_sessions_of_row(struct sql_query *query, struct arena *arena,
                                   struct session *out)
{
    *out = (struct session){
        .id = sql_get_id(query, SESSION_ID),
        .user_id = sql_get_id(query, SESSION_USER_ID),
        .client_id = sql_copy_view(query, SESSION_CLIENT_ID, arena),
        .user_agent = sql_copy_view(query, SESSION_USER_AGENT, arena),
        .address = sql_copy_view(query, SESSION_ADDRESS, arena),
        .created_ms = sql_get_number(query, SESSION_CREATED),
        .last_used_ms = sql_get_number(query, SESSION_LAST_USED),
        .expires_ms = sql_get_number(query, SESSION_EXPIRES),
        .counter = sql_get_number(query, SESSION_COUNTER),
        .revoked_ms = sql_get_number(query, SESSION_REVOKED),
        .epoch = sql_get_number(query, SESSION_EPOCH),
    };
    return query->failure;
}

/* Appends a change for each session that the query ended: its id, and whether it counts. */
static enum result append_ended(struct sqlite_handle *handle, struct sql_query *query,
                                int64_t now_ms, int64_t *ended)
{
    enum result result = RESULT_OK;
    while (result == RESULT_OK && (result = sql_row(query)) == RESULT_OK) {
        struct id id = sql_get_id(query, 0);
        *ended += sql_get_number(query, 1);
        result = sqlite_changes_append(handle, CHANGE_SESSION_ENDED, &id, now_ms);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* --- log in ----------------------------------------------------------------------------------- */

static enum result log_user_in(struct sqlite_handle *handle, const struct session_draft *draft)
{
    const struct id *user_id = &draft->session.user_id;
    enum result result =
        sql_run_changing(handle, STATEMENT_USER_LOG_IN,
                         SQL_BIND(sql_id(user_id), sql_number(draft->expected_epoch),
                                  sql_number(draft->session.created_ms), sql_text(draft->new_hash),
                                  sql_text(draft->old_hash)));
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    /* Refused: gone or disabled (NOT_FOUND), else it is the epoch. */
    int64_t active = 0;
    result = sql_run_number(handle, STATEMENT_USER_IS_ACTIVE, SQL_BIND(sql_id(user_id)), &active);
    return result == RESULT_OK ? RESULT_CONFLICT : result;
}

static enum result insert(struct sqlite_handle *handle, const struct session_draft *draft)
{
    const struct session *session = &draft->session;
    char room[NETWORK_SIZE];
    return sql_run(handle, STATEMENT_SESSION_INSERT,
                   SQL_BIND(sql_id(&session->id), sql_id(&session->user_id),
                            sql_text(view_not_null(session->client_id)),
                            sql_text(session->user_agent),
                            sql_text(view_not_null(session->address)),
                            sql_text(view_not_null(network_of(session->address, room))),
                            sql_number(session->created_ms), sql_number(session->last_used_ms),
                            sql_number(session->expires_ms), sql_number(session->counter),
                            sql_number(draft->expected_epoch)));
}

static enum result trim(struct sqlite_handle *handle, const struct session_draft *draft)
{
    int64_t now_ms = draft->session.created_ms;
    int64_t ended = 0;
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_SESSION_TRIM,
                 SQL_BIND(sql_id(&draft->session.user_id), sql_number(now_ms),
                          sql_number(now_ms - draft->idle_ms), sql_number(SESSIONS_PER_USER_MAX)));
    return append_ended(handle, &query, now_ms, &ended);
}

enum result sqlite_sessions_create(struct store_handle *base, const struct session_draft *draft)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = log_user_in(handle, draft);
    if (result == RESULT_OK) {
        result = insert(handle, draft);
    }
    if (result == RESULT_OK) {
        result = trim(handle, draft);
    }
    for (size_t i = 0; result == RESULT_OK && i < draft->forget_count; i++) {
        result = sql_run(handle, STATEMENT_ATTEMPT_CLEAR, SQL_BIND(sql_blob(draft->forget[i])));
    }
    if (result == RESULT_OK && draft->event != NULL) {
        result = sqlite_audit_events_add(handle, draft->event);
    }
    return sqlite_transaction_finish(&transaction, result);
}

/* --- rotate ----------------------------------------------------------------------------------- */

/* The session with its person, and what is to become of it. NOT_FOUND: it is over. */
static enum result look(struct sqlite_handle *handle, struct session_rotating *rotating)
{
    const struct session_rotation *asked = &rotating->asked;
    struct session *session = &rotating->session;
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(handle, STATEMENT_SESSION_LOOK_BOTH,
                 SQL_BIND(sql_id(&asked->session_id), sql_number(asked->now_ms),
                          sql_number(asked->now_ms - asked->idle_ms)));
    enum result result = sql_row(&query);
    if (result == RESULT_OK) {
        result = sqlite_sessions_of_row(&query, rotating->arena, session);
    }
    if (result == RESULT_OK) {
        result = sqlite_users_of_columns(&query, SESSION_USER, rotating->arena, &rotating->user);
    }
    if (result == RESULT_OK) {
        rotating->outcome = session->counter == asked->counter
                                ? SESSION_ROTATED
                                : decide_rotation(asked, session->counter,
                                                  sql_get_number(&query, SESSION_ROTATED_AT));
    }
    return result;
}

static struct view copy(struct arena *arena, struct view text)
{
    return text.at != NULL ? arena_copy_view(arena, text) : text;
}

/* Where the address is as before, no index is changed: one page less to be written. */
static enum result move(struct sqlite_handle *handle, struct session_rotating *rotating)
{
    const struct session_rotation *asked = &rotating->asked;
    struct session *session = &rotating->session;
    struct view address = view_not_null(asked->address);
    bool is_away = !view_equal(address, session->address);
    char room[NETWORK_SIZE];
    const struct sql_value values[] = {
        sql_id(&asked->session_id), sql_number(asked->counter),
        sql_number(asked->now_ms),  sql_text(asked->user_agent),
        sql_text(address),          sql_text(view_not_null(network_of(address, room))),
    };
    enum result result = is_away
                             ? sql_run_changing(handle, STATEMENT_SESSION_ROTATE_AWAY,
                                                (struct sql_values){values, ARRAY_LEN(values)})
                             : sql_run_changing(handle, STATEMENT_SESSION_ROTATE,
                                                (struct sql_values){values, ARRAY_LEN(values) - 2});
    session->counter++;
    session->last_used_ms = asked->now_ms;
    session->address = is_away ? copy(rotating->arena, address) : session->address;
    session->user_agent = copy(rotating->arena, asked->user_agent);
    bool lacks = session->address.at == NULL ||
                 (asked->user_agent.at != NULL && session->user_agent.at == NULL);
    return result == RESULT_NOT_FOUND || lacks ? RESULT_INTERNAL : result;
}

static enum result end_one(struct sqlite_handle *handle, const struct id *user_id,
                           const struct id *session_id, int64_t now_ms)
{
    enum result result =
        sql_run_changing(handle, STATEMENT_SESSION_END,
                         SQL_BIND(sql_id(session_id), sql_id(user_id), sql_number(now_ms)));
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_SESSION_ENDED, session_id, now_ms);
    }
    return result;
}

static enum result rotate(struct sqlite_handle *handle, struct session_rotating *rotating)
{
    struct session *session = &rotating->session;
    rotating->outcome = SESSION_DEAD;
    enum result result = look(handle, rotating);
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? RESULT_OK : result;
    }
    if (rotating->outcome == SESSION_ROTATED) {
        return move(handle, rotating);
    }
    if (rotating->outcome == SESSION_REUSED) {
        session->revoked_ms = rotating->asked.now_ms;
        return end_one(handle, &session->user_id, &session->id, session->revoked_ms);
    }
    return RESULT_OK;
}

enum result sqlite_sessions_rotate(struct store_handle *base,
                                   const struct session_rotation *rotation, struct arena *arena,
                                   enum session_rotation_outcome *outcome, struct session *session,
                                   struct user *user)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    struct session_rotating rotating = {
        .asked = *rotation, .arena = arena, .outcome = SESSION_DEAD};
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result = sqlite_transaction_finish(&transaction, rotate(handle, &rotating));
    *outcome = result == RESULT_OK ? rotating.outcome : SESSION_DEAD;
    *session = rotating.session;
    *user = rotating.user;
    return result;
}

static void put_off(struct session_rotating *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        items[i]->result = RESULT_BUSY;
        items[i]->outcome = SESSION_DEAD;
    }
}

/* In their order, so a later one sees what the earlier ones did. One that fails takes back all,
   and each is asked alone: cheaper than a savepoint for each. */
enum result sqlite_sessions_rotate_together(struct store_handle *base,
                                            struct session_rotating *const *items, size_t count)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    for (size_t i = 0; i < count; i++) {
        items[i]->session = (struct session){.counter = 0};
        items[i]->result = rotate(handle, items[i]);
        if (items[i]->result != RESULT_OK) {
            put_off(items, count);
            return RESULT_OK;
        }
    }
    return sqlite_transaction_finish(&transaction, RESULT_OK) == RESULT_OK
               ? RESULT_OK
               : RESULT_STORE_UNAVAILABLE;
}

/* --- end -------------------------------------------------------------------------------------- */

enum result sqlite_sessions_end(struct store_handle *base, const struct id *user_id,
                                const struct id *session_id, int64_t now_ms)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, end_one(handle, user_id, session_id, now_ms));
}

enum result sqlite_sessions_end_those(struct sqlite_handle *handle, const struct id *user_id,
                                      const struct id *keep, int64_t now_ms, int64_t *ended)
{
    CLEANUP(sql_close)
    struct sql_query query = sql_open(handle, STATEMENT_SESSION_END_ALL,
                                      SQL_BIND(sql_id(user_id), sql_number(now_ms), sql_id(keep)));
    *ended = 0;
    enum result result = append_ended(handle, &query, now_ms, ended);
    if (result == RESULT_OK && keep != NULL) {
        result = sql_run(handle, STATEMENT_SESSION_KEEP, SQL_BIND(sql_id(user_id), sql_id(keep)));
    }
    return result;
}

static enum result end_all(struct sqlite_handle *handle, const struct id *user_id,
                           const struct id *keep, int64_t now_ms, int64_t *ended)
{
    /* The epoch stops log-ins that are under way. */
    enum result result =
        sql_run_changing(handle, STATEMENT_USER_NEXT_EPOCH, SQL_BIND(sql_id(user_id)));
    if (result == RESULT_OK) {
        result = sqlite_sessions_end_those(handle, user_id, keep, now_ms, ended);
    }
    if (result == RESULT_OK) {
        result = sqlite_changes_append(handle, CHANGE_USER, user_id, now_ms);
    }
    return result;
}

enum result sqlite_sessions_end_all(struct store_handle *base, const struct id *user_id,
                                    const struct id *keep, int64_t now_ms, int64_t *ended)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    int64_t count = 0;
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    result =
        sqlite_transaction_finish(&transaction, end_all(handle, user_id, keep, now_ms, &count));
    *ended = result == RESULT_OK ? count : 0;
    return result;
}

/* --- read ------------------------------------------------------------------------------------- */

static enum result read_all(struct sql_query *query, struct arena *arena, struct session *sessions,
                            size_t *count)
{
    enum result result = sql_row(query);
    for (*count = 0; result == RESULT_OK; *count += 1) {
        result = sqlite_sessions_of_row(query, arena, &sessions[*count]);
        if (result == RESULT_OK) {
            result = sql_row(query);
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result sqlite_sessions_get(struct store_handle *base, const struct id *session_id,
                                int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                struct session *out)
{
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(sqlite_handle_of(base), STATEMENT_SESSION_LOOK,
                 SQL_BIND(sql_id(session_id), sql_number(now_ms), sql_number(now_ms - idle_ms)));
    enum result result = sql_row(&query);
    return result == RESULT_OK ? sqlite_sessions_of_row(&query, arena, out) : result;
}

enum result sqlite_sessions_list(struct store_handle *base, const struct id *user_id,
                                 int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                 struct session_page *out)
{
    struct session *sessions = arena_take_array(arena, SESSIONS_PER_USER_MAX, sizeof *sessions);
    *out = (struct session_page){.items = sessions};
    if (sessions == NULL) {
        return RESULT_INTERNAL;
    }
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(sqlite_handle_of(base), STATEMENT_SESSION_LIST,
                 SQL_BIND(sql_id(user_id), sql_number(now_ms), sql_number(now_ms - idle_ms),
                          sql_number(SESSIONS_PER_USER_MAX)));
    return read_all(&query, arena, sessions, &out->count);
}

enum result sqlite_sessions_knows_address(struct store_handle *base, const struct id *user_id,
                                          struct view address, bool *out)
{
    char room[NETWORK_SIZE];
    int64_t known = 0;
    enum result result = sql_run_number(
        sqlite_handle_of(base), STATEMENT_SESSION_NETWORK,
        SQL_BIND(sql_id(user_id), sql_text(view_not_null(network_of(address, room)))), &known);
    *out = known != 0;
    return result;
}
