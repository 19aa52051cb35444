#include "store/sqlite/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"

#define OWNER_ONLY 0600
#define PAGES_A_STEP 1000
#define OPEN_TRIES 8 /* so often may another process be done in the moment before the lock */

static enum result refuse(enum result result, char *message, size_t message_size, const char *what,
                          const char *path, const char *why)
{
    (void)snprintf(message, message_size, "%s %s: %s", what, path, why);
    return result;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Is the open file the one of that name, or did another process rename or remove it before the lock
   was there? Then it may be a copy that was published. */
static bool is_of_name(const struct part *part)
{
    struct stat by_fd;
    struct stat by_name;
    return fstat(part->fd, &by_fd) == 0 && lstat(part->path, &by_name) == 0 &&
           by_fd.st_dev == by_name.st_dev && by_fd.st_ino == by_name.st_ino;
}

static void close_file(struct part *part)
{
    (void)close(part->fd);
    part->fd = -1;
}

/* CONFLICT: another process is at it. */
static enum result open_locked(struct part *part, char *message, size_t message_size)
{
    for (int tries = 0; tries < OPEN_TRIES; tries++) {
        part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, OWNER_ONLY);
        if (part->fd < 0) {
            return refuse(RESULT_STORE_UNAVAILABLE, message, message_size, "cannot write",
                          part->path, strerror(errno));
        }
        /* SQLite's locks are of the other sort (fcntl), and do not meet this one. */
        bool is_locked = flock(part->fd, LOCK_EX | LOCK_NB) == 0;
        if (is_locked && is_of_name(part)) {
            return RESULT_OK;
        }
        close_file(part);
        if (!is_locked) {
            break;
        }
    }
    return refuse(RESULT_CONFLICT, message, message_size, "cannot write", part->path,
                  "another process is writing it");
}

enum result sqlite_part_open(struct part *part, const char *place, char *message,
                             size_t message_size)
{
    *part = (struct part){.place = place, .fd = -1};
    int len = snprintf(part->path, sizeof part->path, "%s.part", place);
    if (len < 0 || (size_t)len >= sizeof part->path) {
        return refuse(RESULT_BAD_REQUEST, message, message_size, "cannot write", place,
                      "its name is too long");
    }
    enum result result = open_locked(part, message, message_size);
    if (result == RESULT_OK && (fchmod(part->fd, OWNER_ONLY) != 0 || ftruncate(part->fd, 0) != 0)) {
        return refuse(RESULT_STORE_UNAVAILABLE, message, message_size, "cannot write", part->path,
                      strerror(errno));
    }
    return result;
}

static enum result sync_folder(const char *path)
{
    char folder[FILE_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)len, path);
    int fd = open(len > 0 ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return RESULT_STORE_UNAVAILABLE;
    }
    int code = fsync(fd);
    (void)close(fd);
    return code == 0 ? RESULT_OK : RESULT_STORE_UNAVAILABLE;
}

static void close_database(struct part *part)
{
    (void)sqlite3_close(part->db);
    part->db = NULL;
}

enum result sqlite_part_publish(struct part *part, char *message, size_t message_size)
{
    close_database(part);
    if (fsync(part->fd) != 0 || rename(part->path, part->place) != 0) {
        return refuse(RESULT_STORE_UNAVAILABLE, message, message_size, "cannot write", part->place,
                      strerror(errno));
    }
    close_file(part);
    return sync_folder(part->place) == RESULT_OK
               ? RESULT_OK
               : refuse(RESULT_STORE_UNAVAILABLE, message, message_size, "cannot write",
                        part->place, strerror(errno));
}

void sqlite_part_close(struct part *part)
{
    close_database(part);
    if (part->fd >= 0) {
        (void)unlink(part->path);
        close_file(part);
    }
}

/* --- its content ------------------------------------------------------------------------------ */

/* The part's failures and the source's are told apart by the connection that has them. */
static enum result describe(const struct part *part, sqlite3 *from, const char *name, int code,
                            char *message, size_t message_size)
{
    bool is_source = (sqlite3_errcode(from) & 0xff) == (code & 0xff);
    return sqlite_file_describe(is_source ? name : part->path, code, message, message_size);
}

/* In one transaction of the source: whatever others commit meanwhile, the copy is of one instant,
   and never has to begin anew. */
static int copy_pages(struct part *part, sqlite3 *from, const struct sqlite_backup_options *options)
{
    sqlite3_backup *backup = sqlite3_backup_init(part->db, "main", from, "main");
    if (backup == NULL) {
        return sqlite3_errcode(part->db);
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        int64_t total = sqlite3_backup_pagecount(backup);
        if (options->show != NULL) {
            options->show(options->context, total - sqlite3_backup_remaining(backup), total);
        }
    }
    int finished = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? finished : code;
}

static enum result copy_snapshot(struct part *part, sqlite3 *from, const char *name,
                                 const struct sqlite_backup_options *options, char *message,
                                 size_t message_size)
{
    int code = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        code = copy_pages(part, from, options);
    }
    if (code != SQLITE_OK) {
        return describe(part, from, name, code, message, message_size);
    }
    (void)sqlite3_exec(from, "COMMIT", NULL, NULL, NULL);
    return RESULT_OK;
}

/* One row that says ok, or what is wrong. */
static int note_verdict(void *context, int count, char **values, char **names)
{
    (void)names;
    bool *is_whole = context;
    *is_whole = count == 1 && values[0] != NULL && strcmp(values[0], "ok") == 0;
    return 0;
}

/* A row for each reference to what is not there. */
static int note_orphan(void *context, int count, char **values, char **names)
{
    (void)count;
    (void)values;
    (void)names;
    *(bool *)context = false;
    return 0;
}

/* A copy is one file, without a log beside it. */
static enum result check(struct part *part, const char *name, char *message, size_t message_size)
{
    struct sqlite_store store = {.path = (char *)(uintptr_t)name};
    struct sqlite_handle handle = {.store = &store, .db = part->db};
    bool is_whole = false;
    enum result result = sqlite_schema_check_ours(&handle, message, message_size);
    if (result != RESULT_OK) {
        return result;
    }
    int code = sqlite3_exec(part->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(part->db, "PRAGMA integrity_check(1)", note_verdict, &is_whole, NULL);
    }
    if (code == SQLITE_OK && is_whole) {
        code = sqlite3_exec(part->db, "PRAGMA foreign_key_check", note_orphan, &is_whole, NULL);
    }
    if (code != SQLITE_OK) {
        return sqlite_file_describe(name, code, message, message_size);
    }
    return is_whole ? RESULT_OK : sqlite_file_describe(name, SQLITE_CORRUPT, message, message_size);
}

enum result sqlite_part_fill(struct part *part, sqlite3 *from, const char *name,
                             const struct sqlite_backup_options *options, char *message,
                             size_t message_size)
{
    int code =
        sqlite3_open_v2(part->path, &part->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK) {
        return sqlite_file_describe(part->path, code, message, message_size);
    }
    enum result result = copy_snapshot(part, from, name, options, message, message_size);
    return result == RESULT_OK ? check(part, name, message, message_size) : result;
}
