/* Several reads of one instant, where the server can do that: in a replica set or a cluster. A
   single server reads each as of then. */
#ifndef LATCHKEY_STORE_MONGO_SNAPSHOT_H
#define LATCHKEY_STORE_MONGO_SNAPSHOT_H

#include "store/mongo/connection.h"

/* Declare it with CLEANUP(mongo_snapshot_close). */
struct mongo_snapshot {
    mongoc_client_session_t *session; /* NULL: none */
};

/* The first read after this decides on the instant. */
struct mongo_snapshot mongo_snapshot_open(struct mongo_handle *handle);
/* Makes a read with these options one of them. */
void mongo_snapshot_add(const struct mongo_snapshot *snapshot, bson_t *options);
void mongo_snapshot_close(struct mongo_snapshot *snapshot);

#endif
