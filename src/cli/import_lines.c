#include "cli/import_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool import_lines_open(struct import_lines *lines, const char *path, bool csv)
{
    struct stat status;

    *lines = (struct import_lines){.fd = -1, .csv = csv, .next_number = 1};
    lines->buffer = malloc(IMPORT_LINE_MAX_BYTES);
    if (lines->buffer == NULL) {
        errno = ENOMEM;
        return false;
    }
    lines->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (lines->fd < 0 || fstat(lines->fd, &status) != 0) {
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    lines->size = S_ISREG(status.st_mode) ? status.st_size : 0;
    return true;
}

void import_lines_close(struct import_lines *lines)
{
    if (lines->fd > STDIN_FILENO) {
        (void)close(lines->fd);
    }
    free(lines->buffer);
    *lines = (struct import_lines){.fd = -1};
}

/* Reads more behind what is there. */
static bool read_more(struct import_lines *lines)
{
    ssize_t got;

    if (lines->from > 0) {
        memmove(lines->buffer, lines->buffer + lines->from, lines->to - lines->from);
        lines->to -= lines->from;
        lines->from = 0;
    }
    do {
        got = read(lines->fd, lines->buffer + lines->to, IMPORT_LINE_MAX_BYTES - lines->to);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return false;
    }
    lines->ended = got == 0;
    lines->to += (size_t)got;
    return true;
}

/* Within what is there; false: not yet. */
static bool find_end(struct import_lines *lines, size_t *end)
{
    struct view text = view_make(lines->buffer + lines->from, lines->to - lines->from);

    if (lines->csv) {
        return csv_find_end(text, &lines->scan, end);
    }
    const char *found = text.len > lines->scan.at
                            ? memchr(text.at + lines->scan.at, '\n', text.len - lines->scan.at)
                            : NULL;
    lines->scan.at = text.len;
    *end = found != NULL ? (size_t)(found - text.at) + 1 : 0;
    return found != NULL;
}

static void count_lines(struct import_lines *lines, size_t len)
{
    const char *at = lines->buffer + lines->from;

    for (size_t i = 0; i < len; i++) {
        lines->next_number += at[i] == '\n';
    }
}

static void give_out(struct import_lines *lines, size_t len)
{
    count_lines(lines, len);
    lines->from += len;
    lines->bytes += (int64_t)len;
    lines->scan = (struct csv_scan){0};
}

/* Passes over the rest of a line that does not fit, to its real end: what stands between quotes is
   never read as lines of its own, because whoever wrote the field has chosen it. */
static enum import_lines_state pass_over(struct import_lines *lines)
{
    size_t end;

    while (!find_end(lines, &end)) {
        enum csv_state state = lines->scan.state;

        if (lines->ended) {
            give_out(lines, lines->to - lines->from);
            return IMPORT_LINES_TOO_LONG;
        }
        give_out(lines, lines->to - lines->from);
        lines->scan.state = state;
        if (!read_more(lines)) {
            return IMPORT_LINES_FAILED;
        }
    }
    give_out(lines, end);
    return IMPORT_LINES_TOO_LONG;
}

enum import_lines_state import_lines_next(struct import_lines *lines, char **line, size_t *len,
                                          int64_t *number)
{
    size_t end;

    *number = lines->next_number;
    while (!find_end(lines, &end)) {
        end = lines->to - lines->from;
        if (lines->ended) {
            break;
        }
        if (end == IMPORT_LINE_MAX_BYTES) {
            return pass_over(lines);
        }
        if (!read_more(lines)) {
            return IMPORT_LINES_FAILED;
        }
    }
    if (end == 0) {
        return IMPORT_LINES_END;
    }
    *line = lines->buffer + lines->from;
    *len = end;
    give_out(lines, end);
    return IMPORT_LINES_GOOD;
}
