#include "store/postgres/schema.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/migrate.h"
#include "store/postgres/migrations.h"
#include "store/postgres/pgsql.h"
#include "store/postgres/transaction.h"

/* Columns of schema_migrations by which we know it as ours: other programs have a table of this
   name too. */
#define OWN_COLUMNS 4

/* Who waits for a table makes everybody wait who comes to it later, and nodes wait for a lock no
   longer than CONNECTION_LOCK_MS. So a step gives way sooner than they do, and is tried again. */
#define STEP_LOCK_MS 500
#define STEP_PAUSE_MS 100
#define STEP_PATIENCE_MS 120000
#define NS_PER_MS INT64_C(1000000)

/* What migrate.c calls has this for its context. */
struct migrating {
    struct postgres_handle *handle;
    struct transaction transaction;
};

/* --- whose tables these are ------------------------------------------------------------------- */

static enum result check_owner(struct postgres_handle *handle, char *message, size_t message_size)
{
    int64_t ours = 0;
    enum result result = pgsql_do_number(handle, STATEMENT_SCHEMA_COLUMNS, PGSQL_NONE, &ours);
    if (result == RESULT_OK && ours != 0 && ours != OWN_COLUMNS) {
        (void)snprintf(
            message, message_size,
            "the database has a table schema_migrations of another program: give latchkey "
            "a database or a schema (?options=-csearch_path%%3DNAME) of its own");
        return RESULT_INVALID;
    }
    return result;
}

/* --- what migrate.c asks of a back end -------------------------------------------------------- */

static enum result read_history(struct postgres_handle *handle, struct migration_history *out)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(handle);
    (void)pgsql_add(&batch, STATEMENT_SCHEMA_HISTORY, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    for (size_t i = 0; result == RESULT_OK && i < pgsql_rows(&batch, 0) && i < MIGRATIONS_MAX;
         i++) {
        struct pgsql_row row = pgsql_row(&batch, 0, i);
        struct migration_applied *applied = &out->items[out->count++];
        applied->number = pgsql_get_number(&row, 0);
        (void)snprintf(applied->checksum, sizeof applied->checksum, "%.*s",
                       VIEW_ARG(pgsql_get_view(&row, 1)));
        applied->applied_ms = pgsql_get_number(&row, 2);
    }
    return result;
}

static enum result load(void *context, struct migration_history *out)
{
    struct migrating *migrating = context;
    int64_t columns = 0;
    out->count = 0;
    enum result result =
        pgsql_do_number(migrating->handle, STATEMENT_SCHEMA_COLUMNS, PGSQL_NONE, &columns);
    return result == RESULT_OK && columns != 0 ? read_history(migrating->handle, out) : result;
}

/* A step may take its time, and whoever waits for its turn waits for it; see STEP_LOCK_MS for
 * tables. */
static enum result begin(void *context)
{
    struct migrating *migrating = context;
    migrating->transaction = postgres_transaction_open(migrating->handle);
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(migrating->handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN, PGSQL_NONE);
    (void)pgsql_add(
        &batch, STATEMENT_PATIENCE,
        PGSQL_BIND(pgsql_number(CONNECTION_SCHEMA_MS), pgsql_number(CONNECTION_BULK_MS)));
    (void)pgsql_add(&batch, STATEMENT_LOCK, PGSQL_BIND(pgsql_number(TRANSACTION_LOCK_SCHEMA)));
    (void)pgsql_add(&batch, STATEMENT_PATIENCE,
                    PGSQL_BIND(pgsql_number(CONNECTION_SCHEMA_MS), pgsql_number(STEP_LOCK_MS)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        postgres_transaction_end(&migrating->transaction);
    }
    return result;
}

static enum result commit(void *context)
{
    struct migrating *migrating = context;
    return postgres_transaction_finish(&migrating->transaction, RESULT_OK);
}

static void rollback(void *context)
{
    struct migrating *migrating = context;
    postgres_transaction_end(&migrating->transaction);
}

static enum result apply(void *context, const struct migration *migration, int64_t now_ms)
{
    struct postgres_handle *handle = ((struct migrating *)context)->handle;
    enum result result = pgsql_do(handle, STATEMENT_SCHEMA_MAKE, PGSQL_NONE);
    if (result == RESULT_OK) {
        result = pgsql_run_script(handle, migration->sql);
    }
    if (result == RESULT_OK) {
        result = pgsql_do(
            handle, STATEMENT_SCHEMA_REMEMBER,
            PGSQL_BIND(pgsql_number(migration->number), pgsql_text(view_of(migration->name)),
                       pgsql_text(view_of(migration->checksum)), pgsql_number(now_ms)));
    }
    return result;
}

static const struct migration_driver driver = {load, begin, apply, commit, rollback};

/* --- all -------------------------------------------------------------------------------------- */

/* Adds what the server said. */
static enum result explain(const struct postgres_handle *handle, enum result result,
                           const struct postgres_preparation *p)
{
    size_t used = strlen(p->message);
    if (result == RESULT_OK || result == RESULT_INVALID || handle->fault[0] == '\0') {
        return result;
    }
    (void)snprintf(p->message + used, p->message_size - used, "%s%s",
                   used > 0 ? ": " : "the database cannot be used: ", handle->fault);
    return RESULT_STORE_UNAVAILABLE;
}

static enum result migrate(struct postgres_handle *handle, const struct postgres_preparation *p)
{
    struct migrating migrating = {.handle = handle};
    const struct migration_run run = {
        .driver = &driver,
        .context = &migrating,
        .set = &migrations_postgres,
        .now_ms = clock_now_ms(&p->options->clock),
        .may_apply = p->mode != 0 || p->options->migrate,
        .watch = p->watch,
    };
    handle->was_locked = false;
    return p->mode == 0 ? migrate_run(&run, p->message, p->message_size)
                        : migrate_by_mode(&run, p->mode, p->message, p->message_size);
}

/* Steps that were applied stay so, and are not told of again. A try is not tried again: it would
 * tell of each step twice. */
static enum result migrate_patiently(struct postgres_handle *handle,
                                     const struct postgres_preparation *p)
{
    static const struct timespec pause = {.tv_nsec = STEP_PAUSE_MS * NS_PER_MS};
    int64_t until_us = clock_monotonic_us() + STEP_PATIENCE_MS * US_PER_MS;
    enum result result = migrate(handle, p);
    while (result != RESULT_OK && handle->was_locked && p->mode != STORE_MIGRATE_TRY &&
           clock_monotonic_us() < until_us) {
        (void)nanosleep(&pause, NULL);
        result = migrate(handle, p);
    }
    return result;
}

enum result postgres_schema_prepare(struct postgres_handle *handle,
                                    const struct postgres_preparation *p)
{
    p->message[0] = '\0';
    handle->answer_ms = CONNECTION_SCHEMA_ANSWER_MS;
    enum result result = postgres_connection_first(handle);
    if (result == RESULT_OK) {
        handle->fault[0] = '\0';
        result = check_owner(handle, p->message, p->message_size);
    }
    if (result == RESULT_OK) {
        result = migrate_patiently(handle, p);
    }
    return explain(handle, result, p);
}
