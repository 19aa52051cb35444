#include "store/postgres/audit_events.h"

#include "store/decide.h"
#include "store/postgres/text.h"

/* The order of AUDIT_COLUMNS (statements.h). */
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

size_t postgres_audit_events_add_with_session(struct pgsql_batch *batch,
                                              const struct audit_event *event,
                                              const struct id *session_id)
{
    return pgsql_add(batch, STATEMENT_AUDIT_APPEND,
                     PGSQL_BIND(pgsql_id(&event->id), pgsql_text(event->event),
                                pgsql_number(event->outcome), pgsql_number(event->actor),
                                pgsql_id_or_null(&event->actor_id), pgsql_text(event->actor_name),
                                pgsql_id_or_null(&event->user_id), pgsql_text(event->user_name),
                                pgsql_text(view_not_null(event->address)),
                                pgsql_text(event->user_agent), pgsql_text(event->request_id),
                                pgsql_text(event->reason),
                                pgsql_text(event->details.len > 0 ? event->details : VIEW("{}")),
                                pgsql_id(session_id)));
}

size_t postgres_audit_events_add(struct pgsql_batch *batch, const struct audit_event *event)
{
    return postgres_audit_events_add_with_session(batch, event, NULL);
}

enum result postgres_audit_events_append(struct store_handle *base, const struct audit_event *event)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    (void)postgres_audit_events_add(&batch, event);
    return pgsql_run(&batch);
}

/* --- list ------------------------------------------------------------------------------------- */

/* Only the conditions asked for stand in the statement, so that the server finds the index that
   leads to the fewest. */
static void add_conditions(struct postgres_text *text, const struct audit_query *query,
                           const struct id *until)
{
    postgres_text_with(text, " WHERE id >= ", pgsql_id(&query->from));
    postgres_text_with(text, " AND id < ", pgsql_id(until));
    if (!id_is_nil(&query->user_id)) {
        postgres_text_with(text, " AND user_id = ", pgsql_id(&query->user_id));
    }
    if (query->user_name.len > 0) {
        postgres_text_with(text,
                           " AND user_id IS NULL AND user_name = ", pgsql_wanted(query->user_name));
    }
    if (!id_is_nil(&query->actor_id)) {
        postgres_text_with(text, " AND actor_id = ", pgsql_id(&query->actor_id));
    }
    if (query->address.len > 0) {
        postgres_text_with(text, " AND address = ", pgsql_wanted(query->address));
    }
    if (query->event.len > 0) {
        postgres_text_with(text, " AND event = ", pgsql_wanted(query->event));
    }
    /* As constants: there are indexes of these alone. */
    postgres_text_add(text, query->by_system ? " AND actor_kind = 3" : "");
    postgres_text_add(text, query->outcome == AUDIT_FAILURE ? " AND outcome = 2" : "");
    postgres_text_add(text, query->outcome == AUDIT_SUCCESS ? " AND outcome = 1" : "");
}

/* limit 0: how many there are. */
static size_t add_listing(struct pgsql_batch *batch, const struct audit_query *query,
                          const struct id *until, int64_t limit)
{
    struct postgres_text text;
    postgres_text_begin(&text);
    postgres_text_add(&text, limit > 0 ? "SELECT " AUDIT_COLUMNS : "SELECT count(*)");
    postgres_text_add(&text, " FROM audit_events");
    add_conditions(&text, query, until);
    if (limit > 0) {
        postgres_text_with(&text, " ORDER BY id DESC LIMIT ", pgsql_number(limit));
    }
    return postgres_text_end(&text, batch);
}

enum result postgres_audit_events_of_row(const struct pgsql_row *row, struct arena *arena,
                                         struct audit_event *out)
{
    bool good = true;
    *out = (struct audit_event){
        .id = pgsql_get_id(row, AUDIT_ID),
        .event = pgsql_copy_view(row, AUDIT_EVENT, arena, &good),
        .outcome = (enum audit_outcome)pgsql_get_number(row, AUDIT_OUTCOME),
        .actor = (enum audit_actor)pgsql_get_number(row, AUDIT_ACTOR_KIND),
        .actor_id = pgsql_get_id(row, AUDIT_ACTOR_ID),
        .actor_name = pgsql_copy_view(row, AUDIT_ACTOR_NAME, arena, &good),
        .user_id = pgsql_get_id(row, AUDIT_USER_ID),
        .user_name = pgsql_copy_view(row, AUDIT_USER_NAME, arena, &good),
        .address = pgsql_copy_view(row, AUDIT_ADDRESS, arena, &good),
        .user_agent = pgsql_copy_view(row, AUDIT_USER_AGENT, arena, &good),
        .request_id = pgsql_copy_view(row, AUDIT_REQUEST_ID, arena, &good),
        .reason = pgsql_copy_view(row, AUDIT_REASON, arena, &good),
        .details = pgsql_copy_view(row, AUDIT_DETAILS, arena, &good),
    };
    return good ? RESULT_OK : RESULT_INTERNAL;
}

/* One row more than asked for tells that there are older ones. */
static enum result read_rows(const struct pgsql_batch *batch, size_t statement, int64_t limit,
                             struct arena *arena, struct audit_page *out)
{
    size_t rows = pgsql_rows(batch, statement);
    struct audit_event *events = arena_take_array(arena, rows, sizeof *events);
    if (events == NULL && rows > 0) {
        return RESULT_INTERNAL;
    }
    out->items = events;
    out->more = rows > (size_t)limit;
    size_t wanted = out->more ? (size_t)limit : rows;
    enum result result = RESULT_OK;
    for (; result == RESULT_OK && out->count < wanted; out->count++) {
        struct pgsql_row row = pgsql_row(batch, statement, out->count);
        result = postgres_audit_events_of_row(&row, arena, &events[out->count]);
    }
    return result;
}

enum result postgres_audit_events_list(struct store_handle *base, const struct audit_query *query,
                                       struct arena *arena, struct audit_page *out)
{
    struct id end = decide_audit_end(&query->before, &query->before);
    struct id until = decide_audit_end(&query->before, &query->next);
    size_t counted = 0;
    *out = (struct audit_page){.total = AUDIT_NOT_COUNTED};
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(postgres_handle_of(base));
    size_t page = add_listing(&batch, query, &until, query->limit + 1);
    if (query->count) {
        counted = add_listing(&batch, query, &end, 0);
    }
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    if (query->count) {
        struct pgsql_row row = pgsql_row(&batch, counted, 0);
        out->total = pgsql_get_number(&row, 0);
    }
    return read_rows(&batch, page, query->limit, arena, out);
}
