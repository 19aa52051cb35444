/* Log-ins. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_SESSIONS_H
#define LATCHKEY_STORE_MONGO_SESSIONS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* In this order: the session, the update of the person that decides, then sessions beyond
   SESSIONS_PER_USER_MAX, attempts and the event. What comes after the decision is logged when it
   fails, and the log-in is good. */
enum result mongo_sessions_create(struct store_handle *handle, const struct session_draft *draft);
/* The counter goes up in one conditional update; the person is read after it. */
enum result mongo_sessions_rotate(struct store_handle *handle,
                                  const struct session_rotation *rotation, struct arena *arena,
                                  enum session_rotation_outcome *outcome, struct session *session,
                                  struct user *user);
enum result mongo_sessions_get(struct store_handle *handle, const struct id *session_id,
                               int64_t now_ms, int64_t idle_ms, struct arena *arena,
                               struct session *out);
enum result mongo_sessions_list(struct store_handle *handle, const struct id *user_id,
                                int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                struct session_page *out);
enum result mongo_sessions_end(struct store_handle *handle, const struct id *user_id,
                               const struct id *session_id, int64_t now_ms);
/* One update of the person ends them (epochs.h); the sessions are marked after it. */
enum result mongo_sessions_end_all(struct store_handle *handle, const struct id *user_id,
                                   const struct id *keep, int64_t now_ms, int64_t *ended);
enum result mongo_sessions_knows_address(struct store_handle *handle, const struct id *user_id,
                                         struct view address, bool *out);

/* What a document of the collection says. INTERNAL when the arena is full. */
MUST_CHECK enum result mongo_sessions_of_doc(const bson_t *doc, struct arena *arena,
                                             struct session *out);

#endif
