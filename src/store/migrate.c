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

static enum result load_and_check(const struct migration_run *run, size_t *count,
                                  const struct report *report)
{
    struct migration_history history = {.count = 0};
    enum result result = run->driver->load(run->context, &history);
    if (result != RESULT_OK) {
        return result;
    }
    *count = history.count;
    return check_history(run, &history, report);
}

static enum result apply_one(const struct migration_run *run, const struct migration *migration,
                             const struct report *report)
{
    enum result result = run->driver->apply(run->context, migration, run->now_ms);
    if (result == RESULT_OK) {
        result = run->driver->commit(run->context);
    }
    if (result != RESULT_OK && report->text[0] == '\0') {
        (void)snprintf(report->text, report->size, "schema step %" PRId64 " (%s) failed",
                       migration->number, migration->name);
    }
    return result;
}

/* Applies the step that comes next, decided anew within the lock: another process may have been
 * faster. */
static enum result apply_next(const struct migration_run *run, size_t *count,
                              const struct report *report)
{
    enum result result = run->driver->begin(run->context);
    if (result != RESULT_OK) {
        return result;
    }
    result = load_and_check(run, count, report);
    if (result == RESULT_OK && *count < run->set->count) {
        result = apply_one(run, &run->set->items[*count], report);
        if (result == RESULT_OK) {
            *count += 1;
            return RESULT_OK;
        }
    }
    run->driver->rollback(run->context);
    return result;
}

enum result migrate_run(const struct migration_run *run, char *message, size_t message_size)
{
    const struct report report = {message, message_size};
    size_t count = 0;
    message[0] = '\0';
    enum result result = load_and_check(run, &count, &report);
    if (result == RESULT_OK && count < run->set->count && !run->may_apply) {
        (void)snprintf(message, message_size,
                       "the database has schema %zu, this binary needs %zu: start with migration "
                       "switched on",
                       count, run->set->count);
        return RESULT_INVALID;
    }
    while (result == RESULT_OK && count < run->set->count) {
        result = apply_next(run, &count, &report);
    }
    return result;
}
