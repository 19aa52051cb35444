/* A database file in the making: it lies beside the place it is for, and takes that place in one
   step when it is whole. */
#ifndef LATCHKEY_STORE_SQLITE_PART_H
#define LATCHKEY_STORE_SQLITE_PART_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/result.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/file.h"

struct part {
    char path[FILE_PATH_SIZE]; /* the place's name and ".part" */
    const char *place;
    int fd;      /* -1: none; its lock keeps other processes from the same part */
    sqlite3 *db; /* NULL: none */
};

/* An empty file, readable by its owner only; one that a process which was killed has left is taken
   over, one that was published meanwhile never touched. CONFLICT when another process is at it,
   STORE_UNAVAILABLE; with a line in message. */
MUST_CHECK enum result sqlite_part_open(struct part *part, const char *place, char *message,
                                        size_t message_size);
/* Copies the database of that connection, as it is at one instant, and checks the copy. INVALID
   when it is damaged or not ours (named `name` then). */
MUST_CHECK enum result sqlite_part_fill(struct part *part, sqlite3 *from, const char *name,
                                        const struct sqlite_backup_options *options, char *message,
                                        size_t message_size);
/* Makes it durable and gives it its place. */
MUST_CHECK enum result sqlite_part_publish(struct part *part, char *message, size_t message_size);
/* Removes what was not published. */
void sqlite_part_close(struct part *part);

#endif
