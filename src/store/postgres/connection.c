#include "store/postgres/connection.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postgres/driver.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/schema.h"

#define BACKOFF_FIRST_MS 50
#define BACKOFF_MAX_MS 1000
#define AGAIN_WITHIN_MS 1000
#define OLDEST_SERVER 130000 /* PostgreSQL 13: xid8, DROP DATABASE … WITH (FORCE) */

/* --- the end of a connection ------------------------------------------------------------------ */

void postgres_connection_lose(struct postgres_handle *handle)
{
    pq.finish(handle->conn); /* NULL is fine */
    handle->conn = NULL;
    handle->is_ending = false;
    handle->listens = false;
    memset(handle->is_prepared, 0, sizeof handle->is_prepared);
}

/* So that a server that comes back is not met by all at once, each failure waits longer, and not
   everybody as long: by the low digits of the clock. */
static void back_off(struct postgres_handle *handle)
{
    int64_t now_us = clock_monotonic_us();
    int64_t next_ms = handle->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * handle->backoff_ms;
    handle->backoff_ms = next_ms < BACKOFF_MAX_MS ? next_ms : BACKOFF_MAX_MS;
    handle->failed_us = now_us;
    int64_t spread_us = now_us % (handle->backoff_ms * US_PER_MS / 2);
    handle->retry_us = now_us + handle->backoff_ms * US_PER_MS - spread_us;
}

void postgres_connection_tell(struct postgres_handle *handle, const char *what, const char *why)
{
    if (!handle->is_quiet) {
        log_message(handle->store->log, LOG_ERROR, "postgres_error", "%s: %s", what, why);
    } else if (why != handle->fault) {
        (void)snprintf(handle->fault, sizeof handle->fault, "%s", why);
    }
}

static enum result give_up(struct postgres_handle *handle, const char *reason)
{
    postgres_connection_tell(handle, "no connection", reason);
    postgres_connection_lose(handle);
    back_off(handle);
    handle->is_out = true;
    return RESULT_STORE_UNAVAILABLE;
}

/* What the server says by itself: that it is over; and that a commit was let go that waited for a
   standby. The code of that warning says nothing, and its text may be in any language. */
static void hear(void *context, const PGresult *notice)
{
    struct postgres_handle *handle = context;
    const char *code = pq.resultErrorField(notice, PG_DIAG_SQLSTATE);
    const char *function = pq.resultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
    if (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0) {
        handle->is_alone = true;
    }
    if (code != NULL && (strncmp(code, "57P", 3) == 0 || strncmp(code, "08", 2) == 0)) {
        handle->is_ending = true;
    }
}

/* --- a new connection ------------------------------------------------------------------------- */

/* NULL when the server is one that we can use. */
static const char *fault_of(PGconn *conn)
{
    const char *encoding = pq.parameterStatus(conn, "server_encoding");
    if (pq.serverVersion(conn) < OLDEST_SERVER) {
        return "the server is older than PostgreSQL 13";
    }
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0) {
        return "the database must have the encoding UTF8";
    }
    return pq.enterPipelineMode(conn) == 1 ? NULL : "no pipeline mode";
}

/* BUSY: it has been ended already. */
static enum result set_up(struct postgres_handle *handle)
{
    const char *fault = fault_of(handle->conn);
    if (fault != NULL) {
        return give_up(handle, fault);
    }
    (void)pq.setNoticeReceiver(handle->conn, hear, handle);
    handle->is_bound = true;
    enum result result = pgsql_do_number(handle, STATEMENT_SETTINGS,
                                         PGSQL_BIND(pgsql_number(CONNECTION_STATEMENT_MS),
                                                    pgsql_number(CONNECTION_LOCK_MS),
                                                    pgsql_number(CONNECTION_ANSWER_MS)),
                                         &handle->server);
    handle->is_bound = false;
    if (result != RESULT_OK) {
        (void)give_up(handle, handle->fault[0] != '\0' ? handle->fault : "no session");
        return RESULT_BUSY;
    }
    handle->backoff_ms = 0;
    handle->is_out = false;
    handle->connected_us = clock_monotonic_us();
    atomic_store(&handle->store->connected_us, handle->connected_us);
    return RESULT_OK;
}

/* What another handle has reached since then is worth a try at once. */
static bool may_try(const struct postgres_handle *handle, int64_t now_us)
{
    return now_us >= handle->retry_us ||
           atomic_load(&handle->store->connected_us) > handle->failed_us;
}

/* BUSY: it has been ended already, or was begun for somebody who gave up and has failed: that is
   old news. */
static enum result connect_once(struct postgres_handle *handle, int64_t now_us)
{
    char message[CONNECT_MESSAGE_SIZE];
    bool is_old = handle->connecting != NULL;
    if (!is_old) {
        if (!may_try(handle, now_us)) {
            return RESULT_STORE_UNAVAILABLE;
        }
        handle->connecting = postgres_connect_start(handle->store->url);
    }
    if (handle->connecting == NULL) {
        return give_up(handle, "no memory or no thread");
    }
    int64_t wait_ms = handle->is_out ? CONNECTION_RETRY_MS : CONNECTION_CONNECT_MS;
    if (!postgres_connect_wait(handle->connecting, now_us + wait_ms * US_PER_MS, &handle->conn,
                               message)) {
        handle->is_out = true;
        return RESULT_STORE_UNAVAILABLE;
    }
    handle->connecting = NULL;
    if (handle->conn == NULL) {
        enum result result = give_up(handle, message);
        return is_old ? RESULT_BUSY : result;
    }
    return set_up(handle);
}

/* Nothing that was asked for has been sent: what fails by itself is tried once more. */
static enum result connect_again(struct postgres_handle *handle)
{
    int64_t now_us = clock_monotonic_us();
    enum result result = connect_once(handle, now_us);
    if (result == RESULT_BUSY && clock_monotonic_us() < now_us + AGAIN_WITHIN_MS * US_PER_MS) {
        handle->retry_us = 0;
        result = connect_once(handle, now_us);
    }
    return result == RESULT_BUSY ? RESULT_STORE_UNAVAILABLE : result;
}

enum result postgres_connection_first(struct postgres_handle *handle)
{
    const struct postgres_url *url = handle->store->url;
    int64_t rounds = 1 + (int64_t)url->host_count * url->connect_timeout_ms / CONNECTION_RETRY_MS;
    (void)snprintf(handle->fault, sizeof handle->fault, "the server does not answer");
    enum result result = postgres_connection_need(handle);
    for (int64_t i = 0; result != RESULT_OK && handle->connecting != NULL && i < rounds; i++) {
        result = connect_once(handle, clock_monotonic_us());
    }
    return result == RESULT_BUSY ? RESULT_STORE_UNAVAILABLE : result;
}

/* Has the server closed it meanwhile? Then nothing was sent yet, and nothing is lost. */
static bool was_closed(struct postgres_handle *handle)
{
    PGconn *conn = handle->conn;
    struct pollfd socket = {.fd = pq.socket(conn), .events = POLLIN};
    if (pq.status(conn) == CONNECTION_BAD) {
        return true;
    }
    if (poll(&socket, 1, 0) > 0) {
        (void)pq.consumeInput(conn);
        (void)pq.isBusy(conn); /* takes in what has come */
    }
    return handle->is_ending || pq.status(conn) == CONNECTION_BAD;
}

void postgres_connection_heard(struct postgres_handle *handle, bool heard)
{
    int64_t now_us = clock_monotonic_us();
    if (heard) {
        handle->heard_us = now_us;
    } else {
        atomic_store(&handle->store->silent_us, now_us);
    }
}

/* Another handle waited for that server in vain since we heard of it. */
static bool is_doubtful(const struct postgres_handle *handle)
{
    return handle->heard_us < atomic_load(&handle->store->silent_us);
}

enum result postgres_connection_need(struct postgres_handle *handle)
{
    if (handle->is_bound) {
        return handle->conn != NULL ? RESULT_OK : RESULT_STORE_UNAVAILABLE;
    }
    if (handle->conn != NULL && (is_doubtful(handle) || was_closed(handle))) {
        postgres_connection_lose(handle);
    }
    return handle->conn != NULL ? RESULT_OK : connect_again(handle);
}

/* --- slots ------------------------------------------------------------------------------------ */

struct store_handle *postgres_connection_open(struct store *base)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct postgres_handle *handle = calloc(1, sizeof *handle);
    if (handle == NULL) {
        return NULL;
    }
    handle->base.store = base;
    handle->store = store;
    handle->answer_ms = CONNECTION_ANSWER_MS;
    return &handle->base;
}

void postgres_connection_close(struct store_handle *base)
{
    struct postgres_handle *handle = postgres_handle_of(base);
    postgres_connect_drop(handle->connecting);
    postgres_connection_lose(handle);
    free(handle);
}

enum result postgres_connection_ping(struct store_handle *base)
{
    int64_t number = 0;
    enum result result =
        pgsql_do_number(postgres_handle_of(base), STATEMENT_PING, PGSQL_NONE, &number);
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

/* --- opening the store ------------------------------------------------------------------------ */

static enum result prepare(struct postgres_store *store, const struct postgres_preparation *p)
{
    struct store_handle *base = postgres_connection_open(&store->base);
    if (base == NULL) {
        return RESULT_STORE_UNAVAILABLE;
    }
    struct postgres_handle *handle = postgres_handle_of(base);
    handle->is_quiet = true;
    enum result result = postgres_schema_prepare(handle, p);
    postgres_connection_close(base);
    return result;
}

/* On success *out is the store, prepared. */
static enum result open_prepared(const struct postgres_preparation *p, struct postgres_store **out)
{
    enum result result = postgres_driver_load(p->message, p->message_size);
    if (result != RESULT_OK) {
        return result;
    }
    struct postgres_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return RESULT_STORE_UNAVAILABLE;
    }
    store->log = p->options->log;
    (void)pthread_mutex_init(&store->seen.mutex, NULL);
    result = postgres_url_read(p->options->url, &store->url, p->message, p->message_size);
    if (result == RESULT_OK) {
        result = prepare(store, p);
    }
    if (result != RESULT_OK) {
        postgres_connection_store_close(&store->base);
        return result;
    }
    *out = store;
    return RESULT_OK;
}

enum result postgres_connection_store_open(const struct store_options *options, struct store **out,
                                           char *message, size_t message_size)
{
    const struct postgres_preparation preparation = {
        .options = options, .message = message, .message_size = message_size};
    struct postgres_store *store = NULL;
    enum result result = open_prepared(&preparation, &store);
    *out = result == RESULT_OK ? &store->base : NULL;
    return result;
}

enum result postgres_connection_migrate(const struct store_options *options,
                                        enum store_migrate_mode mode,
                                        const struct store_migrate_watch *watch, char *message,
                                        size_t message_size)
{
    const struct postgres_preparation preparation = {options, mode, watch, message, message_size};
    struct postgres_store *store = NULL;
    enum result result = open_prepared(&preparation, &store);
    if (result == RESULT_OK) {
        postgres_connection_store_close(&store->base);
    }
    return result;
}

void postgres_connection_store_close(struct store *base)
{
    struct postgres_store *store = (struct postgres_store *)base;
    postgres_url_release(store->url);
    (void)pthread_mutex_destroy(&store->seen.mutex);
    free(store->seen.snapshot);
    free(store);
}
