/* Audit events. */
#ifndef LATCHKEY_STORE_POSTGRES_AUDIT_EVENTS_H
#define LATCHKEY_STORE_POSTGRES_AUDIT_EVENTS_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_audit_events_append(struct store_handle *handle,
                                         const struct audit_event *event);
enum result postgres_audit_events_list(struct store_handle *handle, const struct audit_query *query,
                                       struct arena *arena, struct audit_page *out);

/* Adds one to a batch; the second one only happens if that session is there by then. */
size_t postgres_audit_events_add(struct pgsql_batch *batch, const struct audit_event *event);
size_t postgres_audit_events_add_with_session(struct pgsql_batch *batch,
                                              const struct audit_event *event,
                                              const struct id *session_id);

/* Inside this folder: fills *out from AUDIT_COLUMNS (statements.h). INTERNAL when out of memory. */
MUST_CHECK enum result postgres_audit_events_of_row(const struct pgsql_row *row,
                                                    struct arena *arena, struct audit_event *out);

#endif
