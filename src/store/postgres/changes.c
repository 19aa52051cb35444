#include "store/postgres/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/limits.h"
#include "store/postgres/driver.h"

/* The order of STATEMENT_CHANGE_READ. */
enum change_column {
    CHANGE_OLDEST,   /* transaction that is under way now */
    CHANGE_SNAPSHOT, /* of now */
    CHANGE_OF_KIND,  /* NULL: there is no change */
    CHANGE_SUBJECT,
    CHANGE_AT,
    CHANGE_USER_GONE,
    CHANGE_USER_STATUS,
    CHANGE_USER_DELETED,
    CHANGE_USER_ROLES
};

size_t postgres_changes_add(struct pgsql_batch *batch, enum change_kind kind,
                            const struct id *subject, int64_t at_ms)
{
    static const struct id nobody;
    return pgsql_add(batch, STATEMENT_CHANGE_APPEND,
                     PGSQL_BIND(pgsql_number(kind), pgsql_id(subject != NULL ? subject : &nobody),
                                pgsql_number(at_ms)));
}

enum result postgres_changes_tell(struct postgres_handle *handle, enum result result)
{
    if (result == RESULT_OK) {
        enum result told = pgsql_do(handle, STATEMENT_NOTIFY, PGSQL_NONE);
        (void)told; /* logged */
    }
    return result;
}

/* --- read ------------------------------------------------------------------------------------- */

/* The roles are borrowed from the answer: they need no memory of their own. */
static size_t split_roles(struct view text, struct view roles[USER_ROLES_MAX])
{
    size_t count = 0;
    while (count < USER_ROLES_MAX && view_split(&text, '\n', &roles[count])) {
        count++;
    }
    return count;
}

static struct change change_of_row(const struct pgsql_row *row, struct view roles[USER_ROLES_MAX])
{
    struct change change = {
        .kind = (enum change_kind)pgsql_get_number(row, CHANGE_OF_KIND),
        .subject = pgsql_get_id(row, CHANGE_SUBJECT),
        .at_ms = pgsql_get_number(row, CHANGE_AT),
    };
    if (change.kind != CHANGE_USER) {
        return change;
    }
    change.user_gone = pgsql_get_number(row, CHANGE_USER_GONE) != 0;
    change.user_status = (enum user_status)pgsql_get_number(row, CHANGE_USER_STATUS);
    change.user_deleted_ms = pgsql_get_number(row, CHANGE_USER_DELETED);
    change.user_roles = roles;
    change.user_role_count = split_roles(pgsql_get_view(row, CHANGE_USER_ROLES), roles);
    return change;
}

/* True when all were taken. */
static bool visit_all(const struct pgsql_batch *batch,
                      bool (*visit)(void *context, const struct change *change), void *context)
{
    for (size_t i = 0; i < pgsql_rows(batch, 0); i++) {
        struct pgsql_row row = pgsql_row(batch, 0, i);
        struct view roles[USER_ROLES_MAX];
        struct change change = change_of_row(&row, roles);
        if (pgsql_get_view(&row, CHANGE_OF_KIND).at != NULL && !visit(context, &change)) {
            return false;
        }
    }
    return true;
}

/* What the next read asks for. */
struct reading {
    int64_t position;
    int64_t since_ms;
    char *snapshot; /* heap; NULL: changes of transactions that overlapped are read again */
    int64_t asked_us;
};

/* Numbers of transactions mean something on one server from its start to its crash. One that takes
   over, or has crashed, gives numbers again that were given to transactions nobody heard the end
   of. A connection that was there before the snapshot, and is still, tells that it is that server,
   and has not crashed since. */
static bool is_comparable(const struct postgres_seen *seen, const struct postgres_handle *handle)
{
    return seen->server == handle->server && seen->asked_us >= handle->connected_us;
}

/* From the cursor on; from the beginning when its position means nothing here. */
static struct reading start(struct postgres_handle *handle, const struct change_cursor *cursor,
                            int64_t since_ms)
{
    struct postgres_seen *seen = &handle->store->seen;
    struct reading reading = {.since_ms = since_ms, .asked_us = clock_monotonic_us()};
    (void)pthread_mutex_lock(&seen->mutex);
    if (cursor->position != 0 && cursor->extra >= seen->first_token &&
        is_comparable(seen, handle)) {
        reading.position = cursor->position;
        reading.since_ms = INT64_MIN;
        bool is_last = cursor->extra == seen->token && seen->snapshot != NULL;
        reading.snapshot = is_last ? strdup(seen->snapshot) : NULL;
    }
    (void)pthread_mutex_unlock(&seen->mutex);
    return reading;
}

static void move_cursor(struct postgres_handle *handle, const struct reading *reading,
                        const struct pgsql_row *row, struct change_cursor *cursor)
{
    struct postgres_seen *seen = &handle->store->seen;
    struct view snapshot = pgsql_get_view(row, CHANGE_SNAPSHOT);
    (void)pthread_mutex_lock(&seen->mutex);
    seen->token++;
    if (!is_comparable(seen, handle)) {
        seen->first_token = seen->token;
    }
    free(seen->snapshot);
    seen->snapshot = strndup(snapshot.at, snapshot.len);
    seen->asked_us = reading->asked_us;
    seen->server = handle->server;
    *cursor = (struct change_cursor){.position = pgsql_get_number(row, CHANGE_OLDEST),
                                     .extra = seen->token};
    (void)pthread_mutex_unlock(&seen->mutex);
}

/* Whoever was asked for a descriptor listens, on each connection anew. That it cannot is logged and
   no failure. */
static void listen(struct postgres_handle *handle)
{
    if (handle->wants_changes && !handle->listens && handle->conn != NULL) {
        handle->listens = pgsql_do(handle, STATEMENT_LISTEN, PGSQL_NONE) == RESULT_OK;
    }
}

/* What has come by now is about changes that are read now. */
static void forget_notifications(struct postgres_handle *handle)
{
    PGnotify *notification;
    while (handle->conn != NULL && (notification = pq.notifies(handle->conn)) != NULL) {
        pq.freemem(notification);
    }
}

enum result postgres_changes_read(struct store_handle *base, struct change_cursor *cursor,
                                  int64_t since_ms, struct arena *arena,
                                  bool (*visit)(void *context, const struct change *change),
                                  void *context)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    (void)arena;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    struct reading reading = start(handle, cursor, since_ms);
    forget_notifications(handle);
    (void)pgsql_add(&batch, STATEMENT_CHANGE_READ,
                    PGSQL_BIND(pgsql_number(reading.position),
                               pgsql_text(view_of(reading.snapshot)),
                               pgsql_number(reading.since_ms)));
    free(reading.snapshot);
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK && visit_all(&batch, visit, context)) {
        struct pgsql_row row = pgsql_row(&batch, 0, 0);
        move_cursor(handle, &reading, &row, cursor);
    }
    pgsql_close(&batch);
    listen(handle);
    return result;
}

int postgres_changes_descriptor(struct store_handle *base)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    handle->wants_changes = true;
    return handle->listens && handle->conn != NULL ? pq.socket(handle->conn) : -1;
}

/* --- housekeeping ----------------------------------------------------------------------------- */

static size_t add_purge(struct pgsql_batch *batch, enum statement statement, int64_t before_ms,
                        int64_t most)
{
    return pgsql_add(batch, statement, PGSQL_BIND(pgsql_number(before_ms), pgsql_number(most)));
}

enum result postgres_changes_purge(struct store_handle *base, const struct purge_limits *limits,
                                   bool *more)
{
    struct id before = audit_event_floor(limits->audit_before_ms);
    *more = false;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)add_purge(&batch, STATEMENT_PURGE_CHANGES, limits->changes_before_ms, limits->batch);
    (void)add_purge(&batch, STATEMENT_PURGE_SESSIONS, limits->sessions_before_ms, limits->batch);
    (void)add_purge(&batch, STATEMENT_PURGE_ATTEMPTS, limits->attempts_before_ms, limits->batch);
    (void)pgsql_add(&batch, STATEMENT_PURGE_AUDIT,
                    PGSQL_BIND(pgsql_id(&before), pgsql_number(limits->batch)));
    size_t counted =
        pgsql_add(&batch, STATEMENT_PURGE_COUNTS, PGSQL_BIND(pgsql_number(limits->batch)));
    enum result result = pgsql_run(&batch);
    for (size_t i = 0; result == RESULT_OK && i < counted; i++) {
        *more = *more || pgsql_changed(&batch, i) >= limits->batch;
    }
    return result;
}
