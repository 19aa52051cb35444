#include "store/sqlite/schema.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/migrate.h"
#include "store/sqlite/file.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sql.h"

#define APPLICATION_ID 0x4c4b4559 /* "LKEY", set by migrations/sqlite/0001 */

static void finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

/* Statements used once at start are not kept, unlike those of statements.h. */
static int read_number(struct sqlite_handle *handle, const char *text, int64_t *out)
{
    CLEANUP(finalize) sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle->db, text, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code != SQLITE_ROW) {
        return code;
    }
    *out = sqlite3_column_int64(statement, 0);
    return SQLITE_OK;
}

enum result sqlite_schema_check_owner(struct sqlite_handle *handle, char *message,
                                      size_t message_size)
{
    int64_t application = 0;
    int64_t tables = 0;
    /* In this order: another process may make the schema between the two, in one transaction. */
    int code = read_number(handle, "SELECT count(*) FROM sqlite_master", &tables);
    if (code == SQLITE_OK) {
        code = read_number(handle, "PRAGMA application_id", &application);
    }
    if (code != SQLITE_OK) {
        return sqlite_file_describe(handle->store->path, code, message, message_size);
    }
    if (application == APPLICATION_ID || (application == 0 && tables == 0)) {
        return RESULT_OK;
    }
    (void)snprintf(message, message_size, "%s is the database of another program",
                   handle->store->path);
    return RESULT_INVALID;
}

enum result sqlite_schema_check_ours(struct sqlite_handle *handle, char *message,
                                     size_t message_size)
{
    int64_t application = 0;
    int code = read_number(handle, "PRAGMA application_id", &application);
    if (code != SQLITE_OK) {
        return sqlite_file_describe(handle->store->path, code, message, message_size);
    }
    if (application == APPLICATION_ID) {
        return RESULT_OK;
    }
    (void)snprintf(message, message_size, "%s is no database of latchkey", handle->store->path);
    return RESULT_INVALID;
}

/* --- what migrate.c asks of a back end -------------------------------------------------------- */

static enum result read_history(struct sqlite_handle *handle, struct migration_history *out)
{
    CLEANUP(finalize) sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle->db,
                                  "SELECT number, checksum, applied_ms FROM schema_migrations"
                                  " ORDER BY number",
                                  -1, &statement, NULL);
    for (out->count = 0; code == SQLITE_OK && out->count < MIGRATIONS_MAX; out->count++) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW) {
            break;
        }
        struct migration_applied *applied = &out->items[out->count];
        applied->number = sqlite3_column_int64(statement, 0);
        (void)snprintf(applied->checksum, sizeof applied->checksum, "%s",
                       (const char *)sqlite3_column_text(statement, 1));
        applied->applied_ms = sqlite3_column_int64(statement, 2);
        code = SQLITE_OK;
    }
    return code == SQLITE_DONE || code == SQLITE_OK ? RESULT_OK : sql_failure(handle, code);
}

static enum result load(void *context, struct migration_history *out)
{
    struct sqlite_handle *handle = context;
    int64_t is_there = 0;
    int code = read_number(
        handle, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'", &is_there);
    out->count = 0;
    if (code != SQLITE_OK) {
        return sql_failure(handle, code);
    }
    return is_there != 0 ? read_history(handle, out) : RESULT_OK;
}

static enum result execute(struct sqlite_handle *handle, const char *sql)
{
    int code = sqlite3_exec(handle->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? RESULT_OK : sql_failure(handle, code);
}

static enum result begin(void *context)
{
    return execute(context, "BEGIN IMMEDIATE");
}

static enum result commit(void *context)
{
    return execute(context, "COMMIT");
}

static void rollback(void *context)
{
    struct sqlite_handle *handle = context;
    if (sqlite3_get_autocommit(handle->db) == 0) {
        (void)sqlite3_exec(handle->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

static enum result remember(struct sqlite_handle *handle, const struct migration *migration,
                            int64_t now_ms)
{
    CLEANUP(finalize) sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle->db,
                                  "INSERT INTO schema_migrations (number, name, checksum, "
                                  "applied_ms) VALUES (?1, ?2, ?3, ?4)",
                                  -1, &statement, NULL);
    if (code != SQLITE_OK) {
        return sql_failure(handle, code);
    }
    (void)sqlite3_bind_int64(statement, 1, migration->number);
    (void)sqlite3_bind_text(statement, 2, migration->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, migration->checksum, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, now_ms);
    code = sqlite3_step(statement);
    return code == SQLITE_DONE ? RESULT_OK : sql_failure(handle, code);
}

static enum result apply(void *context, const struct migration *migration, int64_t now_ms)
{
    struct sqlite_handle *handle = context;
    enum result result =
        execute(handle, "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY,"
                        " name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL)"
                        " STRICT");
    if (result == RESULT_OK) {
        result = execute(handle, migration->sql);
    }
    if (result == RESULT_OK) {
        result = remember(handle, migration, now_ms);
    }
    return result;
}

static const struct migration_driver driver = {load, begin, apply, commit, rollback};

static struct migration_run run_of(struct sqlite_handle *handle,
                                   const struct store_options *options)
{
    return (struct migration_run){
        .driver = &driver,
        .context = handle,
        .set = &migrations_sqlite,
        .now_ms = clock_now_ms(&options->clock),
        .may_apply = options->migrate,
    };
}

enum result sqlite_schema_migrate(struct sqlite_handle *handle, const struct store_options *options,
                                  char *message, size_t message_size)
{
    const struct migration_run run = run_of(handle, options);
    return migrate_run(&run, message, message_size);
}

enum result sqlite_schema_migrate_by_mode(struct sqlite_handle *handle,
                                          const struct store_options *options,
                                          enum store_migrate_mode mode,
                                          const struct store_migrate_watch *watch, char *message,
                                          size_t message_size)
{
    struct migration_run run = run_of(handle, options);
    run.watch = watch;
    return migrate_by_mode(&run, mode, message, message_size);
}

/* --- a file that is not there ----------------------------------------------------------------- */

static enum result load_nothing(void *context, struct migration_history *out)
{
    (void)context;
    out->count = 0;
    return RESULT_OK;
}

enum result sqlite_schema_look_at_nothing(const struct store_migrate_watch *watch, char *message,
                                          size_t message_size)
{
    static const struct migration_driver nothing = {.load = load_nothing};
    const struct migration_run run = {
        .driver = &nothing, .set = &migrations_sqlite, .watch = watch};
    return migrate_look(&run, message, message_size);
}
