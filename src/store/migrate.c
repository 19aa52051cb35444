#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct report {
    char *text;
    size_t size;
};

static enum result check_newest(const struct migration_run *run,
                                const struct migration_history *history,
                                const struct report *report)
{
    if (history->count <= run->set->count) {
        return RESULT_OK;
    }
    (void)snprintf(report->text, report->size,
                   "the database was made by a newer version of latchkey (schema %" PRId64
                   ", this binary knows %zu)",
                   history->items[history->count - 1].number, run->set->count);
    return RESULT_INVALID;
}

static enum result check_step(const struct migration *known,
                              const struct migration_applied *applied, const struct report *report)
{
    if (known->number == applied->number && strcmp(known->checksum, applied->checksum) == 0) {
        return RESULT_OK;
    }
    (void)snprintf(report->text, report->size,
                   "the database does not fit this binary: schema step %" PRId64
                   " (%s) differs from the one that was applied",
                   known->number, known->name);
    return RESULT_INVALID;
}

static enum result check_history(const struct migration_run *run,
                                 const struct migration_history *history,
                                 const struct report *report)
{
    enum result result = check_newest(run, history, report);
    for (size_t i = 0; result == RESULT_OK && i < history->count; i++) {
        result = check_step(&run->set->items[i], &history->items[i], report);
    }
    return result;
}

static enum result load_and_check(const struct migration_run *run,
                                  struct migration_history *history, const struct report *report)
{
    history->count = 0;
    enum result result = run->driver->load(run->context, history);
    return result == RESULT_OK ? check_history(run, history, report) : result;
}

static void note(const struct migration_run *run, const struct migration *migration,
                 enum store_step_state state, int64_t applied_ms)
{
    const struct store_step step = {migration->number, migration->name, state, applied_ms};
    if (run->watch != NULL) {
        run->watch->note(run->watch->context, &step);
    }
}

/* --- apply ------------------------------------------------------------------------------------ */

static enum result describe_step(const struct migration *migration, enum result result,
                                 const struct report *report)
{
    if (result != RESULT_OK && report->text[0] == '\0') {
        (void)snprintf(report->text, report->size, "schema step %" PRId64 " (%s) failed",
                       migration->number, migration->name);
    }
    return result;
}

static enum result apply_one(const struct migration_run *run, const struct migration *migration,
                             const struct report *report)
{
    enum result result = run->driver->apply(run->context, migration, run->now_ms);
    if (result == RESULT_OK) {
        result = run->driver->commit(run->context);
    }
    return describe_step(migration, result, report);
}

/* Applies the step that comes next, decided anew within the lock: another process may have been
 * faster. */
static enum result apply_next(const struct migration_run *run, struct migration_history *history,
                              const struct report *report)
{
    enum result result = run->driver->begin(run->context);
    if (result != RESULT_OK) {
        return result;
    }
    result = load_and_check(run, history, report);
    if (result == RESULT_OK && history->count < run->set->count) {
        const struct migration *next = &run->set->items[history->count];
        result = apply_one(run, next, report);
        if (result == RESULT_OK) {
            history->count++;
            note(run, next, STORE_STEP_DONE_NOW, run->now_ms);
            return RESULT_OK;
        }
    }
    run->driver->rollback(run->context);
    return result;
}

enum result migrate_run(const struct migration_run *run, char *message, size_t message_size)
{
    const struct report report = {message, message_size};
    struct migration_history history;
    message[0] = '\0';
    enum result result = load_and_check(run, &history, &report);
    if (result == RESULT_OK && history.count < run->set->count && !run->may_apply) {
        (void)snprintf(message, message_size,
                       "the database has schema %zu, this binary needs %zu: run latchkey migrate, "
                       "or set LATCHKEY_MIGRATE=auto",
                       history.count, run->set->count);
        return RESULT_INVALID;
    }
    while (result == RESULT_OK && history.count < run->set->count) {
        result = apply_next(run, &history, &report);
    }
    return result;
}

/* --- look and try ----------------------------------------------------------------------------- */

enum result migrate_look(const struct migration_run *run, char *message, size_t message_size)
{
    const struct report report = {message, message_size};
    struct migration_history history;
    message[0] = '\0';
    enum result result = load_and_check(run, &history, &report);
    for (size_t i = 0; result == RESULT_OK && i < run->set->count; i++) {
        bool applied = i < history.count;
        note(run, &run->set->items[i], applied ? STORE_STEP_APPLIED : STORE_STEP_PENDING,
             applied ? history.items[i].applied_ms : 0);
    }
    return result;
}

static enum result try_pending(const struct migration_run *run, const struct report *report)
{
    struct migration_history history;
    enum result result = load_and_check(run, &history, report);
    for (size_t i = history.count; result == RESULT_OK && i < run->set->count; i++) {
        const struct migration *migration = &run->set->items[i];
        result = run->driver->apply(run->context, migration, run->now_ms);
        result = describe_step(migration, result, report);
        if (result == RESULT_OK) {
            note(run, migration, STORE_STEP_DONE_NOW, 0);
        }
    }
    return result;
}

enum result migrate_try(const struct migration_run *run, char *message, size_t message_size)
{
    const struct report report = {message, message_size};
    message[0] = '\0';
    enum result result = run->driver->begin(run->context);
    if (result != RESULT_OK) {
        return result;
    }
    result = try_pending(run, &report);
    run->driver->rollback(run->context);
    return result;
}

/* Whoever asks for it may apply, whatever a start may do (store.h). */
static enum result migrate_apply(const struct migration_run *run, char *message,
                                 size_t message_size)
{
    struct migration_run applying = *run;
    applying.may_apply = true;
    return migrate_run(&applying, message, message_size);
}

enum result migrate_by_mode(const struct migration_run *run, enum store_migrate_mode mode,
                            char *message, size_t message_size)
{
    switch (mode) {
    case STORE_MIGRATE_LOOK:
        return migrate_look(run, message, message_size);
    case STORE_MIGRATE_TRY:
        return migrate_try(run, message, message_size);
    case STORE_MIGRATE_APPLY:
        break;
    }
    return migrate_apply(run, message, message_size);
}
