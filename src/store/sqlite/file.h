/* The file that a database URL names. */
#ifndef LATCHKEY_STORE_SQLITE_FILE_H
#define LATCHKEY_STORE_SQLITE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/log.h"
#include "base/result.h"
#include "base/view.h"

#define FILE_PATH_SIZE 4096

/* Is the URL one of an SQLite file, however its scheme is spelt (registry.c)? Pure. */
bool sqlite_file_is_url(struct view url);
/* sqlite:PATH and the forms of SQLAlchemy. BAD_REQUEST with a line in message: no path, :memory:,
 * too long. Pure.
 */
MUST_CHECK enum result sqlite_file_path_of(struct view url, char path[FILE_PATH_SIZE],
                                           char *message, size_t message_size);
/* Creates the file, readable by its owner only, unless it is there. STORE_UNAVAILABLE with a line
   in message: no such directory, not writable, not a file. Warns when others may read the file. */
MUST_CHECK enum result sqlite_file_prepare(const char *path, const struct log *log, char *message,
                                           size_t message_size);

/* The same for a file that must be there already. */
MUST_CHECK enum result sqlite_file_inspect(const char *path, const struct log *log, char *message,
                                           size_t message_size);
/* Is there anything of that name, or may that not be known? */
bool sqlite_file_exists(const char *path);

/* For a path whose file is to be replaced: where its last part is a symbolic link, path becomes the
   file it leads to, so that the link stays. STORE_UNAVAILABLE with a line in message: the link
   leads nowhere, or there is something that is not a regular file. */
MUST_CHECK enum result sqlite_file_resolve(char path[FILE_PATH_SIZE], char *message,
                                           size_t message_size);

/* Two names of one file that is there? */
bool sqlite_file_is_same(const char *a, const char *b);

/* One line for the operator about why SQLite could not open or use the file, from its result code.
   INVALID when the file is not what it should be, else STORE_UNAVAILABLE. */
MUST_CHECK enum result sqlite_file_describe(const char *path, int code, char *message,
                                            size_t message_size);

#endif
