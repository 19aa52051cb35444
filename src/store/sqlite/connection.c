#include "store/sqlite/connection.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/sqlite/file.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sql.h"

/* Small caches: every thread has a connection of its own, and the whole server must stay small.
   What matters of the file is in the kernel's cache. */
static const char setup[] = "PRAGMA synchronous = FULL;"
                            "PRAGMA foreign_keys = ON;"
                            "PRAGMA trusted_schema = OFF;"
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA temp_store = MEMORY;"
                            "PRAGMA journal_size_limit = 16777216;"
                            "PRAGMA cache_size = -512;";

static int open_database(struct sqlite_handle *handle)
{
    int code =
        sqlite3_open_v2(handle->store->path, &handle->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_busy_timeout(handle->db, CONNECTION_BUSY_MS);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_db_config(handle->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    }
    if (code == SQLITE_OK) {
        code = sql_add_functions(handle->db);
    }
    return code;
}

int sqlite_connection_set_up(struct sqlite_handle *handle)
{
    if (handle->is_set_up) {
        return SQLITE_OK;
    }
    int code = sqlite3_exec(handle->db, setup, NULL, NULL, NULL);
    handle->is_set_up = code == SQLITE_OK;
    return code;
}

static struct sqlite_handle *open_connection(struct sqlite_store *store, int *code)
{
    struct sqlite_handle *handle = calloc(1, sizeof *handle);
    *code = SQLITE_NOMEM;
    if (handle == NULL) {
        return NULL;
    }
    handle->store = store;
    handle->base.store = &store->base;
    *code = open_database(handle);
    if (*code == SQLITE_OK) {
        return handle;
    }
    sqlite_connection_close(&handle->base);
    return NULL;
}

struct store_handle *sqlite_connection_open(struct store *store)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    int code;
    struct sqlite_handle *handle = open_connection(sqlite, &code);
    if (handle != NULL) {
        return &handle->base;
    }
    log_message(sqlite->log, LOG_ERROR, "sqlite_error", "cannot open a connection: %s",
                sqlite3_errstr(code));
    return NULL;
}

void sqlite_connection_close(struct store_handle *base)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(handle->statements[i]);
    }
    for (size_t i = 0; i < CONNECTION_SHAPES_MAX; i++) {
        (void)sqlite3_finalize(handle->shapes[i].statement);
        free(handle->shapes[i].text);
    }
    (void)sqlite3_close(handle->db);
    sqlite_user_cache_clear(handle);
    free(handle);
}

enum result sqlite_connection_ping(struct store_handle *base)
{
    int64_t number = 0;
    enum result result = sql_run_number(sqlite_handle_of(base), STATEMENT_PING, SQL_NONE, &number);
    return result == RESULT_NOT_FOUND ? RESULT_INTERNAL : result;
}

/* --- opening the store ------------------------------------------------------------------------ */

/* Changing the journal mode does not wait for other connections by itself in every case: with two
   processes that start at once on a new file, one is told "busy" at once. */
static int switch_to_wal(struct sqlite_handle *handle)
{
    int64_t until_us = clock_monotonic_us() + CONNECTION_BUSY_MS * INT64_C(1000);
    int code;
    do {
        code = sqlite3_exec(handle->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY) {
            break;
        }
        (void)sqlite3_sleep(10);
    } while (clock_monotonic_us() < until_us);
    return code;
}

/* What preparing a file, or migrating it, is about. */
struct preparation {
    const struct store_options *options;
    enum store_migrate_mode mode; /* 0: as opening a store does */
    const struct store_migrate_watch *watch;
    char *message;
    size_t message_size;
};

static enum result migrate(struct sqlite_handle *handle, const struct preparation *p)
{
    int code = p->mode == 0 || p->mode == STORE_MIGRATE_APPLY ? switch_to_wal(handle) : SQLITE_OK;
    if (code != SQLITE_OK) {
        return sqlite_file_describe(handle->store->path, code, p->message, p->message_size);
    }
    if (p->mode == 0) {
        return sqlite_schema_migrate(handle, p->options, p->message, p->message_size);
    }
    return sqlite_schema_migrate_by_mode(handle, p->options, p->mode, p->watch, p->message,
                                         p->message_size);
}

static enum result prepare_file(struct sqlite_store *store, const struct preparation *p)
{
    int code;
    struct sqlite_handle *handle = open_connection(store, &code);
    if (handle == NULL) {
        return sqlite_file_describe(store->path, code, p->message, p->message_size);
    }
    code = sqlite_connection_set_up(handle);
    if (code != SQLITE_OK) {
        sqlite_connection_close(&handle->base);
        return sqlite_file_describe(store->path, code, p->message, p->message_size);
    }
    enum result result = sqlite_schema_check_owner(handle, p->message, p->message_size);
    if (result == RESULT_OK) {
        result = migrate(handle, p);
    }
    if (result == RESULT_STORE_UNAVAILABLE && p->message[0] == '\0') {
        result = sqlite_file_describe(store->path, sqlite3_errcode(handle->db), p->message,
                                      p->message_size);
    }
    sqlite_connection_close(&handle->base);
    return result;
}

/* None of these can fail on Linux with these attributes. */
static void init_writer(struct sqlite_writer *writer)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&writer->freed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&writer->mutex, NULL);
}

static struct sqlite_store *new_store(const struct store_options *options, const char *path)
{
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    store->log = options->log;
    store->path = strdup(path);
    if (store->path == NULL) {
        free(store);
        return NULL;
    }
    init_writer(&store->writer);
    return store;
}

/* Refused, harmlessly, once SQLite is in use. */
static void configure_library(void)
{
    /* Its statistics cost a global lock at every allocation. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    /* No 20 pages in advance for each connection. */
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

/* On success *out is the store, prepared. */
static enum result open_prepared(const struct preparation *p, const char *path,
                                 struct sqlite_store **out)
{
    configure_library();
    struct sqlite_store *store = new_store(p->options, path);
    if (store == NULL) {
        return RESULT_STORE_UNAVAILABLE;
    }
    enum result result = prepare_file(store, p);
    if (result != RESULT_OK) {
        sqlite_connection_store_close(&store->base);
        return result;
    }
    *out = store;
    return RESULT_OK;
}

enum result sqlite_connection_store_open(const struct store_options *options, struct store **out,
                                         char *message, size_t message_size)
{
    const struct preparation preparation = {
        .options = options, .message = message, .message_size = message_size};
    struct sqlite_store *store = NULL;
    char path[FILE_PATH_SIZE];
    enum result result = sqlite_file_path_of(options->url, path, message, message_size);
    if (result == RESULT_OK) {
        result = options->must_exist
                     ? sqlite_file_inspect(path, options->log, message, message_size)
                     : sqlite_file_prepare(path, options->log, message, message_size);
    }
    if (result == RESULT_OK) {
        result = open_prepared(&preparation, path, &store);
    }
    *out = result == RESULT_OK ? &store->base : NULL;
    return result;
}

enum result sqlite_connection_migrate(const struct store_options *options,
                                      enum store_migrate_mode mode,
                                      const struct store_migrate_watch *watch, char *message,
                                      size_t message_size)
{
    const struct preparation preparation = {options, mode, watch, message, message_size};
    struct sqlite_store *store = NULL;
    char path[FILE_PATH_SIZE];
    enum result result = sqlite_file_path_of(options->url, path, message, message_size);
    if (result == RESULT_OK && mode != STORE_MIGRATE_APPLY && !sqlite_file_exists(path)) {
        return sqlite_schema_look_at_nothing(watch, message, message_size);
    }
    if (result == RESULT_OK) {
        result = sqlite_file_prepare(path, options->log, message, message_size);
    }
    if (result == RESULT_OK) {
        result = open_prepared(&preparation, path, &store);
    }
    if (result == RESULT_OK) {
        sqlite_connection_store_close(&store->base);
    }
    return result;
}

void sqlite_connection_store_close(struct store *base)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    (void)pthread_cond_destroy(&store->writer.freed);
    (void)pthread_mutex_destroy(&store->writer.mutex);
    free(store->path);
    free(store);
}
