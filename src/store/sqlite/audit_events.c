#include "store/sqlite/audit_events.h"

#include "store/decide.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/transaction.h"

/* The order of AUDIT_COLUMNS (statements.c). */
enum audit_column {
    AUDIT_ID,
    AUDIT_EVENT,
    AUDIT_OUTCOME,
    AUDIT_ACTOR_KIND,
    AUDIT_ACTOR_ID,
    AUDIT_ACTOR_NAME,
    AUDIT_USER_ID,
    AUDIT_USER_NAME,
    AUDIT_ADDRESS,
    AUDIT_USER_AGENT,
    AUDIT_REQUEST_ID,
    AUDIT_REASON,
    AUDIT_DETAILS
};

/* --- append ----------------------------------------------------------------------------------- */

enum result sqlite_audit_events_add(struct sqlite_handle *handle, const struct audit_event *event)
{
    return sql_run(handle, STATEMENT_AUDIT_APPEND,
                   SQL_BIND(sql_id(&event->id), sql_text(event->event), sql_number(event->outcome),
                            sql_number(event->actor), sql_id_or_null(&event->actor_id),
                            sql_text(event->actor_name), sql_id_or_null(&event->user_id),
                            sql_text(event->user_name), sql_text(view_not_null(event->address)),
                            sql_text(event->user_agent), sql_text(event->request_id),
                            sql_text(event->reason),
                            sql_text(event->details.len > 0 ? event->details : VIEW("{}"))));
}

/* A single statement is a transaction; this one waits its turn like every writer. */
enum result sqlite_audit_events_append(struct store_handle *base, const struct audit_event *event)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_write(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, sqlite_audit_events_add(handle, event));
}

/* --- list ------------------------------------------------------------------------------------- */

/* The condition that leads to the fewest events, as far as can be known. */
static enum audit_way way_of(const struct audit_query *query)
{
    const bool is_set[AUDIT_WAY_COUNT] = {
        [AUDIT_WAY_USER] = !id_is_nil(&query->user_id),
        [AUDIT_WAY_NAME] = query->user_name.len > 0,
        [AUDIT_WAY_ACTOR] = !id_is_nil(&query->actor_id),
        [AUDIT_WAY_ADDRESS] = query->address.len > 0,
        [AUDIT_WAY_EVENT] = query->event.len > 0,
        [AUDIT_WAY_SYSTEM] = query->by_system,
        [AUDIT_WAY_FAILURE] = query->outcome == AUDIT_FAILURE,
        [AUDIT_WAY_TIME] = true,
    };
    enum audit_way way = 0;
    while (!is_set[way]) {
        way++;
    }
    return way;
}

static struct sql_value text_or_any(struct view text)
{
    return sql_text(text.len > 0 ? text : view_make(NULL, 0));
}

static struct sql_value number_or_any(int64_t number)
{
    return number != 0 ? sql_number(number) : sql_text(view_make(NULL, 0));
}

/* limit 0: NULL. */
static struct sql_query open_list(struct sqlite_handle *handle, enum statement statement,
                                  const struct audit_query *query, const struct id *until,
                                  int64_t limit)
{
    return sql_open(handle, statement,
                    SQL_BIND(sql_id(&query->from), sql_id(until), number_or_any(limit),
                             sql_id_or_null(&query->user_id), text_or_any(query->user_name),
                             sql_id_or_null(&query->actor_id),
                             number_or_any(query->by_system ? AUDIT_BY_SYSTEM : 0),
                             text_or_any(query->address), text_or_any(query->event),
                             number_or_any(query->outcome)));
}

enum result sqlite_audit_events_of_row(struct sql_query *row, struct arena *arena,
                                       struct audit_event *out)
{
    *out = (struct audit_event){
        .id = sql_get_id(row, AUDIT_ID),
        .event = sql_copy_view(row, AUDIT_EVENT, arena),
        .outcome = (enum audit_outcome)sql_get_number(row, AUDIT_OUTCOME),
        .actor = (enum audit_actor)sql_get_number(row, AUDIT_ACTOR_KIND),
        .actor_id = sql_get_id(row, AUDIT_ACTOR_ID),
        .actor_name = sql_copy_view(row, AUDIT_ACTOR_NAME, arena),
        .user_id = sql_get_id(row, AUDIT_USER_ID),
        .user_name = sql_copy_view(row, AUDIT_USER_NAME, arena),
        .address = sql_copy_view(row, AUDIT_ADDRESS, arena),
        .user_agent = sql_copy_view(row, AUDIT_USER_AGENT, arena),
        .request_id = sql_copy_view(row, AUDIT_REQUEST_ID, arena),
        .reason = sql_copy_view(row, AUDIT_REASON, arena),
        .details = sql_copy_view(row, AUDIT_DETAILS, arena),
    };
    return row->failure;
}

/* One row more than asked for tells that there are older ones. */
static enum result read_rows(struct sql_query *row, int64_t limit, struct arena *arena,
                             struct audit_event *events, struct audit_page *out)
{
    enum result result = sql_row(row);
    for (; result == RESULT_OK && (int64_t)out->count < limit; out->count++) {
        result = sqlite_audit_events_of_row(row, arena, &events[out->count]);
        if (result == RESULT_OK) {
            result = sql_row(row);
        }
    }
    out->more = result == RESULT_OK;
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result count_all(struct sqlite_handle *handle, const struct audit_query *query,
                             enum audit_way way, int64_t *total)
{
    struct id until = decide_audit_end(&query->before, &query->before);
    CLEANUP(sql_close)
    struct sql_query row =
        open_list(handle, (enum statement)(STATEMENT_AUDIT_COUNT + (int)way), query, &until, 0);
    enum result result = sql_row(&row);
    if (result == RESULT_OK) {
        *total = sql_get_number(&row, 0);
    }
    return result;
}

enum result sqlite_audit_events_list(struct store_handle *base, const struct audit_query *query,
                                     struct arena *arena, struct audit_page *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    struct audit_event *events = arena_take_array(arena, (size_t)query->limit, sizeof *events);
    struct id until = decide_audit_end(&query->before, &query->next);
    enum audit_way way = way_of(query);
    *out = (struct audit_page){.items = events, .total = AUDIT_NOT_COUNTED};
    if (events == NULL) {
        return RESULT_INTERNAL;
    }
    if (query->count) {
        enum result counted = count_all(handle, query, way, &out->total);
        if (counted != RESULT_OK) {
            return counted;
        }
    }
    CLEANUP(sql_close)
    struct sql_query row = open_list(handle, (enum statement)(STATEMENT_AUDIT_LIST + (int)way),
                                     query, &until, query->limit + 1);
    return read_rows(&row, query->limit, arena, events, out);
}

/* --- housekeeping ----------------------------------------------------------------------------- */

enum result sqlite_audit_events_purge(struct sqlite_handle *handle, int64_t before_ms,
                                      int64_t batch, bool *more)
{
    struct id before = audit_event_floor(before_ms);
    enum result result =
        sql_run(handle, STATEMENT_AUDIT_PURGE, SQL_BIND(sql_id(&before), sql_number(batch)));
    if (result == RESULT_OK && sqlite3_changes64(handle->db) >= batch) {
        *more = true;
    }
    return result;
}
