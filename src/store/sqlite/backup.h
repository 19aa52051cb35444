/* Copies of a database file, and putting them back, while no store is open in this process. */
#ifndef LATCHKEY_STORE_SQLITE_BACKUP_H
#define LATCHKEY_STORE_SQLITE_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/log.h"
#include "base/result.h"
#include "base/view.h"

struct sqlite_backup_options {
    struct view url;  /* of the database: sqlite:PATH */
    const char *file; /* the copy */
    bool force;       /* replace what is there */
    const struct log *log;
    void (*show)(void *context, int64_t done, int64_t total); /* pages; NULL: nobody */
    void *context;
};

/* Writes a copy of the database as it is at one instant; others read and write it meanwhile. The
   copy is one file, readable by its owner only, checked, durable, and appears under its name when
   it is whole; of a symbolic link the file behind it is replaced. CONFLICT: there is a file of that
   name, or it is the database itself; INVALID: not a database of ours, or damaged; BAD_REQUEST for
   the URL; else STORE_UNAVAILABLE; with a line in message. */
MUST_CHECK enum result sqlite_backup_write(const struct sqlite_backup_options *options,
                                           char *message, size_t message_size);

struct sqlite_restored {
    int64_t schema;  /* of the copy */
    int64_t pending; /* steps that the next start will apply */
};

/* Puts a copy in the place of the database, in one step. The copy must be a whole database of ours
   of a schema this binary knows: INVALID. CONFLICT: a database that is not empty is there and force
   is not set, or a process has it open. Else as sqlite_backup_write. */
MUST_CHECK enum result sqlite_backup_restore(const struct sqlite_backup_options *options,
                                             struct sqlite_restored *out, char *message,
                                             size_t message_size);

#endif
