#include "store/mongo/snapshot.h"

#include "store/mongo/driver.h"

struct mongo_snapshot mongo_snapshot_open(struct mongo_handle *handle)
{
    bson_error_t error;
    struct mongo_snapshot snapshot = {.session = NULL};
    if (!handle->store->is_replicated) {
        return snapshot;
    }
    mongoc_session_opt_t *options = mongoc.session_opts_new();
    mongoc.session_opts_set_snapshot(options, true);
    /* NULL when there is no server: the read says so. */
    snapshot.session = mongoc.client_start_session(handle->client, options, &error);
    mongoc.session_opts_destroy(options);
    return snapshot;
}

void mongo_snapshot_add(const struct mongo_snapshot *snapshot, bson_t *options)
{
    bson_error_t error;
    if (snapshot->session != NULL) {
        (void)mongoc.client_session_append(snapshot->session, options, &error);
    }
}

void mongo_snapshot_close(struct mongo_snapshot *snapshot)
{
    mongoc.client_session_destroy(snapshot->session);
}
