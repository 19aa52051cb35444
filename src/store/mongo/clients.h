/* The driver's clients, one a thread: from its pool, or of one thread alone for a program that ends
   soon. The pool's threads watch the servers, and closing it waits for them, half a second; a
   client without a pool looks at the servers itself when it needs one. */
#ifndef LATCHKEY_STORE_MONGO_CLIENTS_H
#define LATCHKEY_STORE_MONGO_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <mongoc/mongoc.h>

#include "base/attributes.h"

#define MONGO_ERROR_API 2 /* domains of errors as failure.c expects them */

struct mongo_clients {
    const mongoc_uri_t *uri;    /* borrowed */
    mongoc_client_pool_t *pool; /* NULL: clients without one */
    pthread_mutex_t mutex;      /* guards what follows */
    mongoc_client_t *spare;     /* connected, for the next who needs one; NULL: none */
};

/* Makes the pool, or with is_brief the first client without one; connects to nothing. The URI is
   borrowed until mongo_clients_close, which is due whatever this returns. False with an error. */
MUST_CHECK bool mongo_clients_open(struct mongo_clients *clients, mongoc_uri_t *uri, bool is_brief,
                                   bson_error_t *error);
/* A client for one thread; NULL when there are no more. Thread-safe. */
MUST_CHECK mongoc_client_t *mongo_clients_take(struct mongo_clients *clients);
/* Takes it back. Thread-safe. */
void mongo_clients_give(struct mongo_clients *clients, mongoc_client_t *client);
/* All clients must have been given back. */
void mongo_clients_close(struct mongo_clients *clients);

#endif
