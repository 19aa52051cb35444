#include "store/sqlite/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER_ONLY 0600
#define FOR_OTHERS 0077

_Static_assert(PATH_MAX <= FILE_PATH_SIZE, "what realpath gives has room in a path");

bool sqlite_file_is_url(struct view url)
{
    struct view word = view_sub(url, 0, sizeof "sqlite" - 1);
    struct view end = view_sub(url, sizeof "sqlite" - 1, 1);
    return view_equal_nocase(word, VIEW("sqlite")) && (view_is(end, ":") || view_is(end, "+"));
}

enum result sqlite_file_path_of(struct view url, char path[FILE_PATH_SIZE], char *message,
                                size_t message_size)
{
    struct view rest = view_sub(url, view_find(url, ':', 0) + 1, url.len);
    bool as_url = view_starts_with(rest, VIEW("//"));
    /* SQLAlchemy's forms: sqlite:///x.db is a relative path, sqlite:////x.db an absolute one. */
    if (view_starts_with(rest, VIEW("///"))) {
        rest = view_sub(rest, 3, rest.len);
    } else if (view_starts_with(rest, VIEW("//"))) {
        rest = view_sub(rest, 2, rest.len);
    }
    const char *fault = NULL;
    if (view_is_empty(rest)) {
        fault = "sqlite: needs the path of a file, as in sqlite:latchkey.db";
    } else if (view_is(rest, ":memory:")) {
        fault = "sqlite::memory: is not possible: every thread has a connection of its own, which "
                "need a file in common";
    } else if (as_url && view_find(rest, '?', 0) < rest.len) {
        fault = "sqlite:///PATH takes no parameters behind a question mark";
    } else if (rest.len >= FILE_PATH_SIZE || view_find(rest, '\0', 0) < rest.len) {
        fault = "the path of the database is too long or holds a NUL";
    }
    if (fault != NULL) {
        (void)snprintf(message, message_size, "%s", fault);
        return RESULT_BAD_REQUEST;
    }
    memcpy(path, rest.at, rest.len);
    path[rest.len] = '\0';
    return RESULT_OK;
}

static enum result refuse(const char *path, int error, char *message, size_t message_size)
{
    const char *slash = strrchr(path, '/');
    int directory_len = slash != NULL ? (int)(slash - path) : 1;
    const char *directory = slash != NULL ? path : ".";
    if (error == ENOENT) {
        (void)snprintf(message, message_size, "the directory %.*s of %s does not exist",
                       directory_len, directory, path);
    } else if (error == ENOTDIR) {
        (void)snprintf(message, message_size, "%.*s is not a directory", directory_len, directory);
    } else if (error == EACCES || error == EROFS || error == EPERM) {
        (void)snprintf(message, message_size, "%s is not writable", path);
    } else {
        (void)snprintf(message, message_size, "%s cannot be opened: %s", path, strerror(error));
    }
    return RESULT_STORE_UNAVAILABLE;
}

bool sqlite_file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 || errno == EACCES;
}

enum result sqlite_file_resolve(char path[FILE_PATH_SIZE], char *message, size_t message_size)
{
    char target[PATH_MAX];
    struct stat status;
    if (lstat(path, &status) != 0) {
        return RESULT_OK; /* nothing, or what the next step will tell of */
    }
    if (S_ISLNK(status.st_mode)) {
        if (realpath(path, target) == NULL || lstat(target, &status) != 0) {
            (void)snprintf(message, message_size, "%s is a link to what does not exist", path);
            return RESULT_STORE_UNAVAILABLE;
        }
        (void)snprintf(path, FILE_PATH_SIZE, "%s", target);
    }
    if (!S_ISREG(status.st_mode)) {
        (void)snprintf(message, message_size, "%s is not a file", path);
        return RESULT_STORE_UNAVAILABLE;
    }
    return RESULT_OK;
}

bool sqlite_file_is_same(const char *a, const char *b)
{
    struct stat of_a;
    struct stat of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* Never opens a file that is there: closing it would drop the locks that another connection of this
   process holds (POSIX advisory locks, fcntl(2)). */
enum result sqlite_file_inspect(const char *path, const struct log *log, char *message,
                                size_t message_size)
{
    struct stat status;
    if (!sqlite_file_exists(path)) {
        (void)snprintf(message, message_size, "%s does not exist", path);
        return RESULT_STORE_UNAVAILABLE;
    }
    if (stat(path, &status) != 0) {
        return refuse(path, errno, message, message_size);
    }
    if (!S_ISREG(status.st_mode)) {
        (void)snprintf(message, message_size, "%s is not a file", path);
        return RESULT_STORE_UNAVAILABLE;
    }
    if (access(path, R_OK | W_OK) != 0) {
        return refuse(path, errno, message, message_size);
    }
    if ((status.st_mode & FOR_OTHERS) != 0) {
        log_message(log, LOG_WARNING, "database_readable_by_others",
                    "others may read or write %s: chmod 600 is safer", path);
    }
    return RESULT_OK;
}

enum result sqlite_file_prepare(const char *path, const struct log *log, char *message,
                                size_t message_size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY);
    if (fd >= 0) {
        (void)close(fd);
        return RESULT_OK;
    }
    if (errno != EEXIST) {
        return refuse(path, errno, message, message_size);
    }
    return sqlite_file_inspect(path, log, message, message_size);
}

static const struct {
    int code;
    enum result result;
    const char *text;
} open_failures[] = {
    {SQLITE_NOTADB, RESULT_INVALID, "is not an SQLite database"},
    {SQLITE_CORRUPT, RESULT_INVALID, "is damaged"},
    {SQLITE_BUSY, RESULT_STORE_UNAVAILABLE, "is locked by another program"},
    {SQLITE_LOCKED, RESULT_STORE_UNAVAILABLE, "is locked by another program"},
    {SQLITE_READONLY, RESULT_STORE_UNAVAILABLE, "is not writable"},
    {SQLITE_PERM, RESULT_STORE_UNAVAILABLE, "is not writable"},
    {SQLITE_FULL, RESULT_STORE_UNAVAILABLE, "cannot grow: the disk is full"},
    {SQLITE_CANTOPEN, RESULT_STORE_UNAVAILABLE,
     "cannot be opened: its directory must exist and be writable"},
};

enum result sqlite_file_describe(const char *path, int code, char *message, size_t message_size)
{
    for (size_t i = 0; i < ARRAY_LEN(open_failures); i++) {
        if ((code & 0xff) != open_failures[i].code) {
            continue;
        }
        (void)snprintf(message, message_size, "%s %s", path, open_failures[i].text);
        return open_failures[i].result;
    }
    (void)snprintf(message, message_size, "%s cannot be used: %s", path, sqlite3_errstr(code));
    return RESULT_STORE_UNAVAILABLE;
}
