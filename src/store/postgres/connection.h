/* A store on a PostgreSQL database, and a connection to it: one a handle, so that a process has as
   many connections as it has handles. */
#ifndef LATCHKEY_STORE_POSTGRES_CONNECTION_H
#define LATCHKEY_STORE_POSTGRES_CONNECTION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <libpq-fe.h>

#include "store/backend.h"
#include "store/postgres/connect.h"
#include "store/postgres/statements.h"
#include "store/postgres/url.h"

/* The bounds of every wait. The server gives up first, and says so; who waits here gives up on the
   server a little later. */
#define CONNECTION_STATEMENT_MS 3000
#define CONNECTION_LOCK_MS 2000
#define CONNECTION_ANSWER_MS 4000
#define CONNECTION_CONNECT_MS 3250 /* a host has 3 s */
#define CONNECTION_RETRY_MS 1000   /* after a failure: the thread goes on by itself */
/* For what writes thousands of rows at the command line. */
#define CONNECTION_BULK_MS 60000
#define CONNECTION_BULK_ANSWER_MS 62000
/* For a step of the schema, which may build an index over all rows; waiting for one's turn is bulk.
 */
#define CONNECTION_SCHEMA_MS 3600000
#define CONNECTION_SCHEMA_ANSWER_MS 3602000

/* What the feed's reader saw last (changes.c). */
struct postgres_seen {
    pthread_mutex_t mutex; /* guards the rest */
    int64_t token;         /* of the cursor that was moved last */
    char *snapshot;        /* NULL: none */
    int64_t asked_us;      /* before the snapshot was taken */
    int64_t server;        /* that took it: its start, as in struct postgres_handle */
    int64_t first_token;   /* of the first cursor that was moved in this life of that server */
};

struct postgres_store {
    struct store base;
    struct postgres_url *url;
    const struct log *log;
    struct postgres_seen seen;
    atomic_int_least64_t connected_us; /* when a handle got a connection last */
    atomic_int_least64_t silent_us;    /* when a server did not answer in time last */
};

/* One connection, used by one thread at a time. */
struct postgres_handle {
    struct store_handle base;
    struct postgres_store *store;
    PGconn *conn; /* NULL: none, see connecting */
    struct postgres_connecting *connecting;
    bool is_prepared[STATEMENT_COUNT]; /* of this connection */
    int64_t connected_us;              /* when it was made */
    int64_t server;     /* when the server at its other end was started, by it, in us */
    bool is_bound;      /* to this connection: no other may take its place */
    bool is_alone;      /* a commit is done there, and nowhere else */
    bool is_ending;     /* the server said that it will close it */
    bool wants_changes; /* asked for a descriptor */
    bool listens;       /* is told of changes */
    bool is_quiet;      /* faults are noted instead of logged */
    char fault[CONNECT_MESSAGE_SIZE]; /* the last one of a quiet handle */
    bool was_locked;                  /* that fault was a lock that was not to be had */
    int64_t answer_ms;                /* how long an answer is waited for */
    int64_t heard_us;                 /* when an answer came last */
    bool is_out;                      /* the last try to connect failed, or goes on */
    int64_t failed_us;                /* the instant of the last failure to connect */
    int64_t retry_us;                 /* not before this instant */
    int64_t backoff_ms;               /* grows with each failure */
};

/* The back end's view of a handle that store.c passes. */
static inline struct postgres_handle *postgres_handle_of(struct store_handle *handle)
{
    return (struct postgres_handle *)handle;
}

/* Slots of the back end: see store.h and backend.h. */
enum result postgres_connection_store_open(const struct store_options *options, struct store **out,
                                           char *message, size_t message_size);
enum result postgres_connection_migrate(const struct store_options *options,
                                        enum store_migrate_mode mode,
                                        const struct store_migrate_watch *watch, char *message,
                                        size_t message_size);
void postgres_connection_store_close(struct store *store);
struct store_handle *postgres_connection_open(struct store *store);
void postgres_connection_close(struct store_handle *handle);
enum result postgres_connection_ping(struct store_handle *handle);

/* Waits for the first connection as long as hosts may take, and notes in fault why there is none.
 */
MUST_CHECK enum result postgres_connection_first(struct postgres_handle *handle);
/* Makes sure that there is a connection that was not found dead, waiting CONNECTION_CONNECT_MS at
   most for one, and CONNECTION_RETRY_MS when the last try failed. STORE_UNAVAILABLE, at once while
   one has just failed. */
MUST_CHECK enum result postgres_connection_need(struct postgres_handle *handle);
/* An answer came, or an end of the connection; not: the server is silent, and every connection that
   is not heard of after this is made anew before it is used: whoever holds it would wait as long
   again. */
void postgres_connection_heard(struct postgres_handle *handle, bool heard);
/* Logs what became of a connection; a quiet handle notes the reason. */
void postgres_connection_tell(struct postgres_handle *handle, const char *what, const char *why);
/* Closes the connection; the next need makes another one. */
void postgres_connection_lose(struct postgres_handle *handle);

#endif
