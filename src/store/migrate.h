/* Brings a schema up to date, for every back end that has one: numbered steps, each applied once,
   in order, in a transaction of its own, and never edited afterwards. */
#ifndef LATCHKEY_STORE_MIGRATE_H
#define LATCHKEY_STORE_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/result.h"
#include "store/store.h"

#define MIGRATIONS_MAX 256
#define MIGRATION_CHECKSUM_SIZE 65 /* SHA-256 in hex and NUL */

/* One step, built into the binary (tools/embed-migrations). */
struct migration {
    int64_t number; /* 1, 2, 3, … */
    const char *name;
    const char *checksum; /* SHA-256 of the file, in hex */
    const char *sql;      /* the file: SQL, or for MongoDB JSON */
};

struct migration_set {
    const struct migration *items;
    size_t count; /* at most MIGRATIONS_MAX */
};

/* One step as the database remembers it. */
struct migration_applied {
    int64_t number;
    char checksum[MIGRATION_CHECKSUM_SIZE];
    int64_t applied_ms; /* when; 0: unknown */
};

struct migration_history {
    struct migration_applied items[MIGRATIONS_MAX]; /* by number */
    size_t count;
};

/* What a back end does for the runner. All get its context; every one but rollback may fail. */
struct migration_driver {
    /* What was applied; nothing when the database is empty. */
    enum result (*load)(void *context, struct migration_history *out);
    /* Starts a transaction that only one process at a time can be in, for all that follows to be
     * decided in it. */
    enum result (*begin)(void *context);
    /* Runs the step's statements and remembers it. */
    enum result (*apply)(void *context, const struct migration *migration, int64_t now_ms);
    enum result (*commit)(void *context);
    void (*rollback)(void *context);
};

struct migration_run {
    const struct migration_driver *driver;
    void *context;
    const struct migration_set *set;
    int64_t now_ms;
    bool may_apply; /* false: an older schema is refused */
    /* Is told of each step that was applied, tried or looked at, once that is done. */
    const struct store_migrate_watch *watch; /* NULL: nobody */
};

/* Applies what is missing. Several processes may do so at once: each step is applied by one of
   them. INVALID with a line in message: made by a newer version, a step that differs from what was
   applied, an older schema that may not be changed. Else what the driver returned; message then
   names the step where there was one. */
MUST_CHECK enum result migrate_run(const struct migration_run *run, char *message,
                                   size_t message_size);
/* Tells watch of every step of the set, applied or pending, and changes nothing. INVALID and the
   driver's results as above; an older schema is fine. */
MUST_CHECK enum result migrate_look(const struct migration_run *run, char *message,
                                    size_t message_size);
/* Applies what is missing in one transaction and takes it back: for a driver that can do that. */
MUST_CHECK enum result migrate_try(const struct migration_run *run, char *message,
                                   size_t message_size);
/* The one of the three that mode says. */
MUST_CHECK enum result migrate_by_mode(const struct migration_run *run,
                                       enum store_migrate_mode mode, char *message,
                                       size_t message_size);

#endif
