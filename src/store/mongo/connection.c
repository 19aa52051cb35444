#include "store/mongo/connection.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/failure.h"
#include "store/mongo/roles.h"
#include "store/mongo/schema.h"
#include "store/mongo/server.h"

/* Of the server: no login, and a right that the login lacks. */
enum { CODE_UNAUTHORIZED = 13, CODE_AUTHENTICATION_FAILED = 18 };

static const char *const names[MONGO_COLLECTION_COUNT] = {
#define COLLECTION_NAME(name, text) text,
    MONGO_COLLECTIONS(COLLECTION_NAME)
#undef COLLECTION_NAME
};

const char *mongo_connection_collection_name(enum mongo_collection collection)
{
    return names[collection];
}

/* --- handles ---------------------------------------------------------------------------------- */

struct store_handle *mongo_connection_open(struct store *base)
{
    struct mongo_store *store = (struct mongo_store *)base;
    struct mongo_handle *handle = calloc(1, sizeof *handle);
    if (handle == NULL) {
        return NULL;
    }
    handle->store = store;
    handle->base.store = base;
    handle->client = mongo_clients_take(&store->clients);
    if (handle->client != NULL) {
        return &handle->base;
    }
    log_message(store->log, LOG_ERROR, "mongo_error",
                "no connection is left: maxPoolSize of the database URL is below the number of "
                "threads that need one");
    free(handle);
    return NULL;
}

void mongo_connection_close(struct store_handle *base)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    for (size_t i = 0; i < MONGO_COLLECTION_COUNT; i++) {
        mongoc.collection_destroy(handle->collections[i]);
    }
    mongo_clients_give(&handle->store->clients, handle->client);
    free(handle);
}

/* A document is read: the command ping needs neither a login nor a primary. */
enum result mongo_connection_ping(struct store_handle *base)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(found);
    doc_make(&filter, DOC(doc_id("_id", &mongo_roles_admin)));
    enum result result = call_find_one(mongo_handle_of(base), MONGO_ROLES, &filter, NULL, &found);
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

/* --- opening the store ------------------------------------------------------------------------ */

static bool is_login_refused(const bson_error_t *error)
{
    return (error->domain == MONGOC_ERROR_CLIENT &&
            error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
           (error->domain == MONGOC_ERROR_SERVER && error->code == CODE_AUTHENTICATION_FAILED);
}

/* One line for the operator; the library names hosts, never who logs in. */
static enum result describe(const bson_error_t *error, char *message, size_t message_size)
{
    if (is_login_refused(error)) {
        (void)snprintf(message, message_size,
                       "MongoDB refused the login: user, password or authSource of the database "
                       "URL is wrong");
        return RESULT_INVALID;
    }
    if (error->domain == MONGOC_ERROR_SERVER && error->code == CODE_UNAUTHORIZED) {
        (void)snprintf(message, message_size,
                       "MongoDB lets the user of the database URL do too little: it needs the role "
                       "readWrite on the database");
        return RESULT_INVALID;
    }
    (void)snprintf(message, message_size, "MongoDB cannot be reached: %s", error->message);
    return RESULT_STORE_UNAVAILABLE;
}

static enum result ask(struct mongo_handle *handle, const char *command, bson_t *reply,
                       char *message, size_t message_size)
{
    bson_error_t error;
    DOC_LOCAL(question);
    doc_make(&question, DOC(doc_number(command, 1)));
    bool good = mongoc.client_command_simple(handle->client, handle->store->database, &question,
                                             NULL, reply, &error);
    return good ? RESULT_OK : describe(&error, message, message_size);
}

/* Reads a document, which an open server tells without a login only of its own kind. */
static enum result check_login(struct mongo_handle *handle, char *message, size_t message_size)
{
    bson_error_t error;
    const bson_t *found = NULL;
    bson_t all = BSON_INITIALIZER;
    CLEANUP(call_close) struct call_rows rows = call_find(handle, MONGO_MIGRATIONS, &all, NULL);
    if (!mongoc.cursor_next(rows.cursor, &found) && mongoc.cursor_error(rows.cursor, &error)) {
        return describe(&error, message, message_size);
    }
    return RESULT_OK;
}

static enum result check_server(struct mongo_handle *handle, char *message, size_t message_size)
{
    struct mongo_store *store = handle->store;
    DOC_LOCAL(build_info);
    DOC_LOCAL(hello);
    enum result result = ask(handle, "buildInfo", &build_info, message, message_size);
    if (result == RESULT_OK) {
        result = ask(handle, "hello", &hello, message, message_size);
    }
    if (result == RESULT_OK) {
        result =
            mongo_server_check(&build_info, &hello, &store->is_replicated, message, message_size);
    }
    return result == RESULT_OK ? check_login(handle, message, message_size) : result;
}

static void warn(const struct mongo_store *store)
{
    if (!store->is_replicated) {
        log_message(
            store->log, LOG_WARNING, "mongo_standalone",
            "The database is a single MongoDB server: when it is down, so are we, and lists "
            "may count while others write; a replica set, of one node too, is better");
    }
    if (!mongo_uri_is_durable(store->uri)) {
        log_message(store->log, LOG_WARNING, "mongo_weak_writes",
                    "w of the database URL is less than majority: a fail-over may undo what was "
                    "acknowledged, log-outs too");
    }
}

/* What opening a store, or migrating it, is about. */
struct preparation {
    const struct store_options *options;
    enum store_migrate_mode mode; /* 0: as opening a store does */
    const struct store_migrate_watch *watch;
    char *message;
    size_t message_size;
};

static enum result migrate(struct mongo_handle *handle, const struct preparation *p)
{
    enum result result = mongo_schema_check_owner(handle, p->message, p->message_size);
    if (result == RESULT_OK && p->options->must_exist) {
        result = mongo_schema_check_exists(handle, p->message, p->message_size);
    }
    if (result != RESULT_OK) {
        return result;
    }
    if (p->mode == 0) {
        return mongo_schema_migrate(handle, p->options, p->message, p->message_size);
    }
    return mongo_schema_migrate_by_mode(handle, p->options, p->mode, p->watch, p->message,
                                        p->message_size);
}

static enum result prepare(struct mongo_store *store, const struct preparation *p)
{
    struct store_handle *base = mongo_connection_open(&store->base);
    if (base == NULL) {
        return RESULT_STORE_UNAVAILABLE;
    }
    struct mongo_handle *handle = mongo_handle_of(base);
    enum result result = check_server(handle, p->message, p->message_size);
    if (result == RESULT_OK) {
        result = migrate(handle, p);
    }
    mongo_connection_close(base);
    return result;
}

static enum result open_clients(struct mongo_store *store, const struct preparation *p)
{
    bson_error_t error;
    if (!mongo_clients_open(&store->clients, store->uri, p->options->is_brief, &error)) {
        return describe(&error, p->message, p->message_size);
    }
    return RESULT_OK;
}

static enum result connect_store(struct mongo_store *store, const struct preparation *p)
{
    enum result result =
        mongo_uri_read(p->options->url, &store->uri, store->database, p->message, p->message_size);
    if (result == RESULT_OK) {
        result = open_clients(store, p);
    }
    return result == RESULT_OK ? prepare(store, p) : result;
}

/* On success *out is the store, prepared. */
static enum result open_prepared(const struct preparation *p, struct mongo_store **out)
{
    enum result result = mongo_driver_start(p->options->log, p->message, p->message_size);
    if (result != RESULT_OK) {
        return result;
    }
    struct mongo_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return RESULT_STORE_UNAVAILABLE;
    }
    store->log = p->options->log;
    (void)pthread_mutex_init(&store->told.mutex, NULL);
    result = connect_store(store, p);
    if (result != RESULT_OK) {
        mongo_connection_store_close(&store->base);
        return result;
    }
    *out = store;
    return RESULT_OK;
}

enum result mongo_connection_store_open(const struct store_options *options, struct store **out,
                                        char *message, size_t message_size)
{
    const struct preparation preparation = {
        .options = options, .message = message, .message_size = message_size};
    struct mongo_store *store = NULL;
    enum result result = open_prepared(&preparation, &store);
    if (result == RESULT_OK) {
        warn(store);
        *out = &store->base;
    }
    return result;
}

enum result mongo_connection_migrate(const struct store_options *options,
                                     enum store_migrate_mode mode,
                                     const struct store_migrate_watch *watch, char *message,
                                     size_t message_size)
{
    const struct preparation preparation = {options, mode, watch, message, message_size};
    struct mongo_store *store = NULL;
    enum result result = open_prepared(&preparation, &store);
    if (result == RESULT_OK) {
        mongo_connection_store_close(&store->base);
    }
    return result;
}

void mongo_connection_store_close(struct store *base)
{
    struct mongo_store *store = (struct mongo_store *)base;
    if (store->uri != NULL) {
        mongo_clients_close(&store->clients);
    }
    mongoc.uri_destroy(store->uri);
    mongo_driver_forget(store->log);
    (void)pthread_mutex_destroy(&store->told.mutex);
    free(store->told.marks);
    free(store);
}
