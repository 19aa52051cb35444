/* Log-ins. */
#ifndef LATCHKEY_STORE_SQLITE_SESSIONS_H
#define LATCHKEY_STORE_SQLITE_SESSIONS_H

#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

/* Slots of the back end: see store.h. */
enum result sqlite_sessions_create(struct store_handle *handle, const struct session_draft *draft);
enum result sqlite_sessions_rotate(struct store_handle *handle,
                                   const struct session_rotation *rotation, struct arena *arena,
                                   enum session_rotation_outcome *outcome, struct session *session,
                                   struct user *user);
enum result sqlite_sessions_rotate_together(struct store_handle *handle,
                                            struct session_rotating *const *items, size_t count);
enum result sqlite_sessions_get(struct store_handle *handle, const struct id *session_id,
                                int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                struct session *out);
enum result sqlite_sessions_list(struct store_handle *handle, const struct id *user_id,
                                 int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                 struct session_page *out);
enum result sqlite_sessions_end(struct store_handle *handle, const struct id *user_id,
                                const struct id *session_id, int64_t now_ms);
enum result sqlite_sessions_end_all(struct store_handle *handle, const struct id *user_id,
                                    const struct id *keep, int64_t now_ms, int64_t *ended);
enum result sqlite_sessions_knows_address(struct store_handle *handle, const struct id *user_id,
                                          struct view address, bool *out);

/* Within a write transaction in which the person's epoch went up: ends all sessions but keep (NULL:
   none), which moves to the new epoch, and appends their changes. *ended counts those that had not
   expired. */
MUST_CHECK enum result sqlite_sessions_end_those(struct sqlite_handle *handle,
                                                 const struct id *user_id, const struct id *keep,
                                                 int64_t now_ms, int64_t *ended);

/* Inside this folder: fills *out from the current row of SESSION_COLUMNS (statements.c). */
MUST_CHECK enum result sqlite_sessions_of_row(struct sql_query *query, struct arena *arena,
                                              struct session *out);

#endif
