/* Ending all sessions of a person. One update of the person does it: `epoch` counts up, and a
   session of an earlier epoch is dead but for the one in `kept`. What is left to do can be done by
   anyone, twice too: mark the sessions as ended, so that the change feed tells of them. `ending_at`
   says that it is due; whoever crashes between leaves it to the readers of the feed and to
   housekeeping. */
#ifndef LATCHKEY_STORE_MONGO_EPOCHS_H
#define LATCHKEY_STORE_MONGO_EPOCHS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* Where a person's document stands. */
struct epochs_state {
    struct id user_id;
    int64_t epoch;
    struct id kept;     /* the session that outlived the last end; nil: none */
    int64_t kept_since; /* if it is of this epoch or later: else it was dead already */
    int64_t ending_ms;  /* when the last end was; 0: nothing is due */
    bool is_purged;     /* the person is gone for good */
};
struct epochs_state mongo_epochs_of(const bson_t *user);

/* What an update that ends the sessions of the person in `before` has in $set, $unset and $inc
   (parts of each document). keep: NULL: none. */
void mongo_epochs_add_end(const bson_t *before, const struct id *keep, int64_t now_ms, bson_t *set,
                          bson_t *unset, bson_t *inc);
/* True when that session of the person may be used, as far as epochs say. Pure. */
bool mongo_epochs_is_alive(const struct epochs_state *state, const struct id *session_id,
                           int64_t session_epoch);
/* The sessions that an end left to be marked: a filter for the collection sessions. */
void mongo_epochs_left(const struct epochs_state *state, bson_t *filter);
/* Does what is due. *ended (may be NULL): how many of those marked now had not expired at now_ms.
 */
MUST_CHECK enum result mongo_epochs_finish(struct mongo_handle *handle,
                                           const struct epochs_state *state, int64_t now_ms,
                                           int64_t *ended);
/* Does what is due for anybody: left over by those who crashed, or under way, which does no harm.
   At most `batch` people; *more when that was not enough. */
MUST_CHECK enum result mongo_epochs_finish_due(struct mongo_handle *handle, int64_t batch,
                                               bool *more);

#endif
