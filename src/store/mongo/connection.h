/* A store on a MongoDB database, and a connection to it. */
#ifndef LATCHKEY_STORE_MONGO_CONNECTION_H
#define LATCHKEY_STORE_MONGO_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <mongoc/mongoc.h>

#include "store/backend.h"
#include "store/mongo/clients.h"
#include "store/mongo/uri.h"

/* X(NAME, name in the database): every collection there is. */
#define MONGO_COLLECTIONS(X)                                                                       \
    X(USERS, "users")                                                                              \
    X(SESSIONS, "sessions")                                                                        \
    X(ROLES, "roles")                                                                              \
    X(ATTEMPTS, "attempts")                                                                        \
    X(KEYS, "signing_keys")                                                                        \
    X(SETTINGS, "settings")                                                                        \
    X(AUDIT, "audit_events")                                                                       \
    X(PRODUCTS, "products")                                                                        \
    X(COUNTERS, "counters")                                                                        \
    X(MIGRATIONS, "schema_migrations")

enum mongo_collection {
#define MONGO_COLLECTION(name, text) MONGO_##name,
    MONGO_COLLECTIONS(MONGO_COLLECTION)
#undef MONGO_COLLECTION
        MONGO_COLLECTION_COUNT
};

/* What the last read of the change feed gave, so that the overlap is not told twice (changes.c). */
struct mongo_told {
    pthread_mutex_t mutex; /* guards what follows */
    int64_t reader;        /* whose: change_cursor.extra */
    int64_t readers;       /* numbered so far */
    uint64_t *marks;       /* ascending; heap */
    size_t count;
};

struct mongo_store {
    struct store base;
    struct mongo_clients clients;
    mongoc_uri_t *uri; /* NULL: clients was never opened */
    char database[MONGO_DATABASE_SIZE];
    bool is_replicated; /* a replica set or a sharded cluster: it reads as of one instant */
    const struct log *log;
    struct mongo_told told;
};

/* One connection, used by one thread at a time. */
struct mongo_handle {
    struct store_handle base;
    struct mongo_store *store;
    mongoc_client_t *client;
    mongoc_collection_t *collections[MONGO_COLLECTION_COUNT];
};

/* The back end's view of a handle that store.c passes. */
static inline struct mongo_handle *mongo_handle_of(struct store_handle *handle)
{
    return (struct mongo_handle *)handle;
}

/* The name in the database. */
const char *mongo_connection_collection_name(enum mongo_collection collection);

/* Slots of the back end: see store.h and backend.h. */
enum result mongo_connection_store_open(const struct store_options *options, struct store **out,
                                        char *message, size_t message_size);
enum result mongo_connection_migrate(const struct store_options *options,
                                     enum store_migrate_mode mode,
                                     const struct store_migrate_watch *watch, char *message,
                                     size_t message_size);
void mongo_connection_store_close(struct store *store);
struct store_handle *mongo_connection_open(struct store *store);
void mongo_connection_close(struct store_handle *handle);
enum result mongo_connection_ping(struct store_handle *handle);

#endif
