/* The lines of an import, read with bounded memory; in CSV a quoted field may hold line feeds. */
#ifndef LATCHKEY_CLI_IMPORT_LINES_H
#define LATCHKEY_CLI_IMPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/csv.h"

/* A longer line is passed over. */
#define IMPORT_LINE_MAX_BYTES ((size_t)1024 * 1024)

enum import_lines_state {
    IMPORT_LINES_GOOD,
    IMPORT_LINES_TOO_LONG,
    IMPORT_LINES_END,
    IMPORT_LINES_FAILED
};

struct import_lines {
    int fd; /* -1: not open */
    bool csv;
    bool ended; /* nothing more to read */
    char *buffer;
    size_t from; /* of what was not given out */
    size_t to;
    struct csv_scan scan;
    int64_t next_number;
    int64_t bytes; /* given out */
    int64_t size;  /* of the file; 0: unknown */
};

/* path "-": standard input. False with errno. */
MUST_CHECK bool import_lines_open(struct import_lines *lines, const char *path, bool csv);
/* The next one, with its end, in memory that may be written until the next call; *number is that of
   its first line in the file, from 1. */
MUST_CHECK enum import_lines_state import_lines_next(struct import_lines *lines, char **line,
                                                     size_t *len, int64_t *number);
/* What is open; a zeroed struct with fd -1 is fine. */
void import_lines_close(struct import_lines *lines);

#endif
