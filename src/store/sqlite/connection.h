/* A store on an SQLite file, and a connection to it. */
#ifndef LATCHKEY_STORE_SQLITE_CONNECTION_H
#define LATCHKEY_STORE_SQLITE_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "store/backend.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/user_cache.h"

#define CONNECTION_BUSY_MS 5000

/* Threads of one process queue here to write, instead of polling the file's lock; other processes
   are kept out by BEGIN IMMEDIATE and the busy handler. */
struct sqlite_writer {
    pthread_mutex_t mutex; /* guards the rest, held for a moment only */
    pthread_cond_t freed;  /* by the monotonic clock */
    bool is_busy;
    bool is_handed;   /* busy for one of those who wait, and taken by none of them yet */
    unsigned waiting; /* threads */
};

struct sqlite_store {
    struct store base;
    struct sqlite_writer writer;
    char *path;
    const struct log *log;
};

/* Statements that are assembled (user_list_sql.c) are kept by their text; the one unused for
   longest goes first. */
#define CONNECTION_SHAPES_MAX 32
struct sqlite_shape {
    char *text; /* NULL: none */
    sqlite3_stmt *statement;
    uint64_t used;
};

/* One connection, used by one thread at a time. */
struct sqlite_handle {
    struct store_handle base;
    struct sqlite_store *store;
    sqlite3 *db;
    bool is_set_up;                            /* sqlite_connection_set_up has been here */
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* NULL: not prepared yet */
    struct sqlite_shape shapes[CONNECTION_SHAPES_MAX];
    uint64_t shape_uses;
    const volatile uint32_t *wal_index; /* see snapshot.h; NULL: not looked for, or not there */
    struct user_cache users;
};

/* Reads the schema and sets how the connection works, at its first use: that is most of what one
   costs in memory, and a server has more than it needs at rest. An SQLite code. What prepares
   statements calls this first. */
MUST_CHECK int sqlite_connection_set_up(struct sqlite_handle *handle);

/* The back end's view of a handle that store.c passes. */
static inline struct sqlite_handle *sqlite_handle_of(struct store_handle *handle)
{
    return (struct sqlite_handle *)handle;
}

/* Slots of the back end: see store.h and backend.h. */
enum result sqlite_connection_store_open(const struct store_options *options, struct store **out,
                                         char *message, size_t message_size);
enum result sqlite_connection_migrate(const struct store_options *options,
                                      enum store_migrate_mode mode,
                                      const struct store_migrate_watch *watch, char *message,
                                      size_t message_size);
void sqlite_connection_store_close(struct store *store);
struct store_handle *sqlite_connection_open(struct store *store);
void sqlite_connection_close(struct store_handle *handle);
enum result sqlite_connection_ping(struct store_handle *handle);

#endif
