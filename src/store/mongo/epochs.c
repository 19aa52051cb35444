#include "store/mongo/epochs.h"

#include "store/mongo/call.h"
#include "store/mongo/stamp.h"

struct epochs_state mongo_epochs_of(const bson_t *user)
{
    return (struct epochs_state){
        .user_id = doc_get_id(user, "_id"),
        .epoch = doc_get_number(user, "epoch", 0),
        .kept = doc_get_id(user, "kept.session"),
        .kept_since = doc_get_number(user, "kept.since", 0),
        .ending_ms = doc_get_instant(user, "ending_at"),
        .is_purged = doc_get_bool(user, "purged"),
    };
}

bool mongo_epochs_is_alive(const struct epochs_state *state, const struct id *session_id,
                           int64_t session_epoch)
{
    bool is_kept = id_equal(&state->kept, session_id) && session_epoch >= state->kept_since;
    return session_epoch == state->epoch || is_kept;
}

/* One that is kept twice stays the one it was; any other must be of the epoch that ends here. */
void mongo_epochs_add_end(const bson_t *before, const struct id *keep, int64_t now_ms, bson_t *set,
                          bson_t *unset, bson_t *inc)
{
    struct epochs_state state = mongo_epochs_of(before);
    doc_add(inc, DOC(doc_number("epoch", 1)));
    doc_add(set, DOC(doc_date("ending_at", now_ms)));
    if (keep == NULL) {
        doc_add(unset, DOC(doc_bool("kept", true)));
        return;
    }
    int64_t since = id_equal(&state.kept, keep) ? state.kept_since : state.epoch;
    doc_add(set, DOC(doc_open("kept"), doc_id("session", keep), doc_number("since", since),
                     doc_close()));
}

/* --- what is due ------------------------------------------------------------------------------ */

void mongo_epochs_left(const struct epochs_state *state, bson_t *filter)
{
    doc_make(filter, DOC(doc_id("user_id", &state->user_id), doc_null("revoked_at"),
                         doc_open("epoch"), doc_number("$lt", state->epoch), doc_close()));
    if (!id_is_nil(&state->kept)) {
        doc_add(filter, DOC(doc_list("$nor"), doc_open(NULL), doc_id("_id", &state->kept),
                            doc_open("epoch"), doc_number("$gte", state->kept_since), doc_close(),
                            doc_close(), doc_close()));
    }
}

static enum result mark(struct mongo_handle *handle, const struct epochs_state *state,
                        const char *comparison, int64_t now_ms, int64_t *count)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(set);
    DOC_LOCAL(update);
    mongo_epochs_left(state, &filter);
    doc_add(&filter, DOC(doc_open("expires_at"), doc_date(comparison, now_ms), doc_close()));
    doc_make(&set, DOC(doc_date("revoked_at", state->ending_ms)));
    mongo_stamp_update(&set, NULL, NULL, state->ending_ms, &update);
    return call_update_all(handle, MONGO_SESSIONS, &filter, &update, count);
}

/* The one that was kept goes on in the epoch of now. */
static enum result move_kept(struct mongo_handle *handle, const struct epochs_state *state)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    if (id_is_nil(&state->kept)) {
        return RESULT_OK;
    }
    doc_make(&filter,
             DOC(doc_id("_id", &state->kept), doc_id("user_id", &state->user_id),
                 doc_null("revoked_at"), doc_open("epoch"), doc_number("$gte", state->kept_since),
                 doc_number("$lt", state->epoch), doc_close()));
    doc_make(&update, DOC(doc_open("$set"), doc_number("epoch", state->epoch), doc_close()));
    enum result result = call_update(handle, MONGO_SESSIONS, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* What is left of sessions of one who is gone for good is what the feed needs, and no more; the
   rest goes at once. */
static enum result strip(struct mongo_handle *handle, const struct id *user_id)
{
    DOC_LOCAL(unneeded);
    DOC_LOCAL(needed);
    DOC_LOCAL(update);
    doc_make(&unneeded, DOC(doc_id("user_id", user_id), doc_null("chg")));
    doc_make(&needed, DOC(doc_id("user_id", user_id)));
    doc_make(&update,
             DOC(doc_open("$set"), doc_bool("purged", true), doc_close(), doc_open("$unset"),
                 doc_bool("client_id", true), doc_bool("user_agent", true),
                 doc_bool("address", true), doc_bool("network", true), doc_close()));
    enum result result = call_delete_all(handle, MONGO_SESSIONS, &unneeded, NULL);
    return result == RESULT_OK ? call_update_all(handle, MONGO_SESSIONS, &needed, &update, NULL)
                               : result;
}

/* Unless sessions were ended once more meanwhile. */
static enum result settle(struct mongo_handle *handle, const struct epochs_state *state)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(doc_id("_id", &state->user_id), doc_number("epoch", state->epoch)));
    doc_make(&update, DOC(doc_open("$unset"), doc_bool("ending_at", true), doc_bool("kept", true),
                          doc_close()));
    enum result result = call_update(handle, MONGO_USERS, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result mongo_epochs_finish(struct mongo_handle *handle, const struct epochs_state *state,
                                int64_t now_ms, int64_t *ended)
{
    int64_t unwanted;
    enum result result = mark(handle, state, "$gt", now_ms, ended != NULL ? ended : &unwanted);
    if (result == RESULT_OK) {
        result = mark(handle, state, "$lte", now_ms, NULL);
    }
    if (result == RESULT_OK) {
        result = move_kept(handle, state);
    }
    if (result == RESULT_OK && state->is_purged) {
        result = strip(handle, &state->user_id);
    }
    return result == RESULT_OK ? settle(handle, state) : result;
}

enum result mongo_epochs_finish_due(struct mongo_handle *handle, int64_t batch, bool *more)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    doc_make(&filter, DOC(doc_open("ending_at"), doc_bool("$exists", true), doc_close()));
    doc_make(&options, DOC(doc_number("limit", batch)));
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_USERS, &filter, &options);
    for (int64_t done = 0; (result = call_next(&rows, &found)) == RESULT_OK; done++) {
        const struct epochs_state state = mongo_epochs_of(found);
        result = mongo_epochs_finish(handle, &state, state.ending_ms, NULL);
        if (result != RESULT_OK) {
            return result;
        }
        *more = *more || done + 1 == batch;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
