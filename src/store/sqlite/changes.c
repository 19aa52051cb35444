#include "store/sqlite/changes.h"

#include "model/limits.h"
#include "store/sqlite/audit_events.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* The order of STATEMENT_CHANGE_READ. */
enum change_column {
    CHANGE_SEQUENCE,
    CHANGE_KIND,
    CHANGE_SUBJECT,
    CHANGE_AT,
    CHANGE_USER_GONE,
    CHANGE_USER_STATUS,
    CHANGE_USER_DELETED,
    CHANGE_USER_ROLES
};

enum result sqlite_changes_append(struct sqlite_handle *handle, enum change_kind kind,
                                  const struct id *subject, int64_t at_ms)
{
    static const struct id nobody;
    return sql_run(
        handle, STATEMENT_CHANGE_APPEND,
        SQL_BIND(sql_number(kind), sql_id(subject != NULL ? subject : &nobody), sql_number(at_ms)));
}

/* The roles are borrowed from the row: they need no memory of their own. */
static size_t split_roles(struct view text, struct view roles[USER_ROLES_MAX])
{
    size_t count = 0;
    if (text.at == NULL) {
        return 0;
    }
    while (count < USER_ROLES_MAX && view_split(&text, '\n', &roles[count])) {
        count++;
    }
    return count;
}

static struct change change_of_row(struct sql_query *query, struct view roles[USER_ROLES_MAX])
{
    struct change change = {
        .kind = (enum change_kind)sql_get_number(query, CHANGE_KIND),
        .subject = sql_get_id(query, CHANGE_SUBJECT),
        .at_ms = sql_get_number(query, CHANGE_AT),
    };
    if (change.kind != CHANGE_USER) {
        return change;
    }
    change.user_gone = sql_get_number(query, CHANGE_USER_GONE) != 0;
    change.user_status = (enum user_status)sql_get_number(query, CHANGE_USER_STATUS);
    change.user_deleted_ms = sql_get_number(query, CHANGE_USER_DELETED);
    change.user_roles = roles;
    change.user_role_count = split_roles(sql_get_view(query, CHANGE_USER_ROLES), roles);
    return change;
}

enum result sqlite_changes_read(struct store_handle *base, struct change_cursor *cursor,
                                int64_t since_ms, struct arena *arena,
                                bool (*visit)(void *context, const struct change *change),
                                void *context)
{
    (void)arena;
    int64_t position = cursor->position;
    CLEANUP(sql_close)
    struct sql_query query =
        sql_open(sqlite_handle_of(base), STATEMENT_CHANGE_READ,
                 SQL_BIND(sql_number(position), sql_number(position == 0 ? since_ms : INT64_MIN)));
    enum result result;
    while ((result = sql_row(&query)) == RESULT_OK) {
        struct view roles[USER_ROLES_MAX];
        struct change change = change_of_row(&query, roles);
        position = sql_get_number(&query, CHANGE_SEQUENCE);
        if (!visit(context, &change)) {
            return RESULT_OK;
        }
    }
    if (result != RESULT_NOT_FOUND) {
        return result;
    }
    cursor->position = position;
    return RESULT_OK;
}

/* --- housekeeping ----------------------------------------------------------------------------- */

static enum result purge_one(struct sqlite_handle *handle, enum statement statement,
                             int64_t before_ms, int64_t batch, bool *more)
{
    enum result result =
        sql_run(handle, statement, SQL_BIND(sql_number(before_ms), sql_number(batch)));
    if (result == RESULT_OK && sqlite3_changes64(handle->db) >= batch) {
        *more = true;
    }
    return result;
}

static enum result purge(struct sqlite_handle *handle, const struct purge_limits *limits,
                         bool *more)
{
    const struct {
        enum statement statement;
        int64_t before_ms;
    } parts[] = {
        {STATEMENT_PURGE_CHANGES, limits->changes_before_ms},
        {STATEMENT_PURGE_SESSIONS, limits->sessions_before_ms},
        {STATEMENT_PURGE_ATTEMPTS, limits->attempts_before_ms},
    };
    enum result result = RESULT_OK;
    for (size_t i = 0; result == RESULT_OK && i < ARRAY_LEN(parts); i++) {
        result = purge_one(handle, parts[i].statement, parts[i].before_ms, limits->batch, more);
    }
    if (result == RESULT_OK) {
        result = sqlite_audit_events_purge(handle, limits->audit_before_ms, limits->batch, more);
    }
    return result;
}

enum result sqlite_changes_purge(struct store_handle *base, const struct purge_limits *limits,
                                 bool *more)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    *more = false;
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, purge(handle, limits, more));
}
