/* Log-ins. */
#ifndef LATCHKEY_STORE_POSTGRES_SESSIONS_H
#define LATCHKEY_STORE_POSTGRES_SESSIONS_H

#include "store/postgres/connection.h"
#include "store/postgres/pgsql.h"

/* Slots of the back end: see store.h. */
enum result postgres_sessions_create(struct store_handle *handle,
                                     const struct session_draft *draft);
enum result postgres_sessions_rotate(struct store_handle *handle,
                                     const struct session_rotation *rotation, struct arena *arena,
                                     enum session_rotation_outcome *outcome,
                                     struct session *session, struct user *user);
enum result postgres_sessions_get(struct store_handle *handle, const struct id *session_id,
                                  int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                  struct session *out);
enum result postgres_sessions_list(struct store_handle *handle, const struct id *user_id,
                                   int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                   struct session_page *out);
enum result postgres_sessions_end(struct store_handle *handle, const struct id *user_id,
                                  const struct id *session_id, int64_t now_ms);
enum result postgres_sessions_end_all(struct store_handle *handle, const struct id *user_id,
                                      const struct id *keep, int64_t now_ms, int64_t *ended);
enum result postgres_sessions_knows_address(struct store_handle *handle, const struct id *user_id,
                                            struct view address, bool *out);

/* To a batch in whose transaction the person's epoch went up: ends all sessions but keep (NULL:
   none), which moves to the new epoch, and appends their changes. The statement added gives how
   many had not expired. */
size_t postgres_sessions_add_end_those(struct pgsql_batch *batch, const struct id *user_id,
                                       const struct id *keep, int64_t now_ms);

/* Inside this folder: fills *out from SESSION_COLUMNS (statements.c), and what stands behind them.
   INTERNAL when out of memory. */
MUST_CHECK enum result postgres_sessions_of_row(const struct pgsql_row *row, struct arena *arena,
                                                struct session_record *out);
/* The same of a row of STATEMENT_SESSION_LOOK or STATEMENT_SESSIONS_LOOK, with its person. */
MUST_CHECK enum result postgres_sessions_look_of_row(const struct pgsql_row *row,
                                                     struct arena *arena,
                                                     struct session_record *out, struct user *user);

#endif
