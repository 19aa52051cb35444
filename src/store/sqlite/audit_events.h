/* Who did what. */
#ifndef LATCHKEY_STORE_SQLITE_AUDIT_EVENTS_H
#define LATCHKEY_STORE_SQLITE_AUDIT_EVENTS_H

#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

/* Slots of the back end: see store.h. */
enum result sqlite_audit_events_append(struct store_handle *handle,
                                       const struct audit_event *event);
enum result sqlite_audit_events_list(struct store_handle *handle, const struct audit_query *query,
                                     struct arena *arena, struct audit_page *out);

/* Adds one within a write transaction. */
MUST_CHECK enum result sqlite_audit_events_add(struct sqlite_handle *handle,
                                               const struct audit_event *event);
/* Within a write transaction: removes up to batch of those older than before_ms (0: none); sets
 *more when there may be others. */
MUST_CHECK enum result sqlite_audit_events_purge(struct sqlite_handle *handle, int64_t before_ms,
                                                 int64_t batch, bool *more);

/* Inside this folder: fills *out from the current row of AUDIT_COLUMNS (statements.c). */
MUST_CHECK enum result sqlite_audit_events_of_row(struct sql_query *query, struct arena *arena,
                                                  struct audit_event *out);

#endif
