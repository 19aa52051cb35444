#include "store/sqlite/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/file.h"
#include "store/sqlite/part.h"
#include "store/sqlite/schema.h"

/* A backup or a restoration. */
struct job {
    const struct sqlite_backup_options *options;
    char path[FILE_PATH_SIZE]; /* of the database */
    char file[FILE_PATH_SIZE]; /* of the copy that is written */
    struct part part;
    sqlite3 *from; /* what is copied */
    char *message;
    size_t message_size;
};

PRINTF_LIKE(3, 4)
static enum result refuse(const struct job *job, enum result result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(job->message, job->message_size, format, arguments);
    va_end(arguments);
    return result;
}

static void end_job(struct job *job)
{
    sqlite_part_close(&job->part);
    (void)sqlite3_close(job->from);
}

static int open_database(const char *path, int flags, sqlite3 **out)
{
    int code =
        sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_busy_timeout(*out, CONNECTION_BUSY_MS);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(*out, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
    }
    return code;
}

static enum result start_job(struct job *job)
{
    enum result result =
        sqlite_file_path_of(job->options->url, job->path, job->message, job->message_size);
    job->part.fd = -1;
    if (result == RESULT_OK && sqlite_file_is_same(job->path, job->options->file)) {
        return refuse(job, RESULT_CONFLICT, "%s is the database itself", job->path);
    }
    return result;
}

/* --- backup ----------------------------------------------------------------------------------- */

static enum result open_source(struct job *job)
{
    enum result result =
        sqlite_file_inspect(job->path, job->options->log, job->message, job->message_size);
    if (result != RESULT_OK) {
        return result;
    }
    int code = open_database(job->path, SQLITE_OPEN_READWRITE, &job->from);
    return code == SQLITE_OK
               ? RESULT_OK
               : sqlite_file_describe(job->path, code, job->message, job->message_size);
}

static enum result find_place(struct job *job)
{
    size_t len = strlen(job->options->file);
    if (len >= sizeof job->file) {
        return refuse(job, RESULT_BAD_REQUEST, "cannot write the copy: its name is too long");
    }
    memcpy(job->file, job->options->file, len + 1);
    return sqlite_file_resolve(job->file, job->message, job->message_size);
}

static enum result check_place(const struct job *job)
{
    return !job->options->force && sqlite_file_exists(job->file)
               ? refuse(job, RESULT_CONFLICT, "%s is there already: --force replaces it",
                        job->options->file)
               : RESULT_OK;
}

enum result sqlite_backup_write(const struct sqlite_backup_options *options, char *message,
                                size_t message_size)
{
    struct job job CLEANUP(end_job) = {
        .options = options, .message = message, .message_size = message_size};
    message[0] = '\0';
    enum result result = start_job(&job);
    if (result == RESULT_OK) {
        result = open_source(&job);
    }
    if (result == RESULT_OK) {
        result = find_place(&job);
    }
    if (result == RESULT_OK) {
        result = check_place(&job);
    }
    if (result == RESULT_OK) {
        result = sqlite_part_open(&job.part, job.file, message, message_size);
    }
    if (result == RESULT_OK) {
        result = sqlite_part_fill(&job.part, job.from, job.path, options, message, message_size);
    }
    if (result == RESULT_OK) {
        result = check_place(&job); /* it took a while */
    }
    return result == RESULT_OK ? sqlite_part_publish(&job.part, message, message_size) : result;
}

/* --- restore: the copy ------------------------------------------------------------------------ */

static enum result open_copy(struct job *job)
{
    struct stat status;
    const char *file = job->options->file;
    if (stat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        return refuse(job, RESULT_STORE_UNAVAILABLE, "%s %s", file,
                      sqlite_file_exists(file) ? "is not a file" : "does not exist");
    }
    int code = open_database(file, SQLITE_OPEN_READONLY, &job->from);
    return code == SQLITE_OK ? RESULT_OK
                             : sqlite_file_describe(file, code, job->message, job->message_size);
}

static void count_step(void *context, const struct store_step *step)
{
    struct sqlite_restored *restored = context;
    restored->schema += step->state == STORE_STEP_APPLIED;
    restored->pending += step->state == STORE_STEP_PENDING;
}

static enum result check_schema(struct job *job, struct sqlite_restored *out)
{
    struct sqlite_store store = {.path = (char *)(uintptr_t)job->options->file,
                                 .log = job->options->log};
    struct sqlite_handle handle = {.store = &store, .db = job->part.db};
    const struct store_options options = {.clock = clock_system()};
    const struct store_migrate_watch watch = {count_step, out};
    return sqlite_schema_migrate_by_mode(&handle, &options, STORE_MIGRATE_LOOK, &watch,
                                         job->message, job->message_size);
}

/* --- restore: what it takes the place of ------------------------------------------------------ */

/* SQLite's bytes for shared locks (its file format, "The Lock-Byte Page"): every connection to a
   database with a write-ahead log holds one as long as it is open. */
#define LOCK_FIRST 0x40000002
#define LOCK_COUNT 510

static enum result check_unused(const struct job *job)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_FIRST, .l_len = LOCK_COUNT};
    int fd = open(job->path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT
                   ? RESULT_OK
                   : refuse(job, RESULT_STORE_UNAVAILABLE, "%s is not writable", job->path);
    }
    int code = fcntl(fd, F_GETLK, &lock);
    (void)close(fd);
    if (code == 0 && lock.l_type == F_UNLCK) {
        return RESULT_OK;
    }
    return refuse(job, RESULT_CONFLICT, "process %ld has %s open: stop the server first",
                  (long)lock.l_pid, job->path);
}

/* Nothing is lost when it is replaced. */
static bool is_empty(struct job *job)
{
    struct stat status;
    if (!sqlite_file_exists(job->path) ||
        (stat(job->path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0)) {
        return true;
    }
    const struct store_options options = {
        .url = job->options->url, .log = job->options->log, .clock = clock_system()};
    enum store_standing standing = STORE_IN_USE;
    struct store *store = NULL;
    if (store_open(&options, &store, job->message, job->message_size) != RESULT_OK) {
        return false;
    }
    struct store_handle *handle = store_handle_open(store);
    bool known = handle != NULL && store_standing(handle, &standing) == RESULT_OK;
    store_handle_close(handle);
    store_close(store);
    return known && standing == STORE_EMPTY;
}

static enum result check_replaceable(struct job *job)
{
    enum result result = check_unused(job);
    if (result == RESULT_OK && !job->options->force && !is_empty(job)) {
        result = refuse(job, RESULT_CONFLICT, "%s is not empty: --force replaces it", job->path);
    }
    return result;
}

static enum result remove_beside(const struct job *job, const char *suffix)
{
    char path[FILE_PATH_SIZE + sizeof "-journal"];
    (void)snprintf(path, sizeof path, "%s%s", job->path, suffix);
    return unlink(path) == 0 || errno == ENOENT
               ? RESULT_OK
               : refuse(job, RESULT_STORE_UNAVAILABLE, "%s cannot be removed", path);
}

/* A log of the old database beside the new one would be taken for its own: what is in it goes into
   the old one first, so that an end at any point leaves one of the two whole. A damaged database
   has to do without. */
static enum result settle_old(const struct job *job)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    enum result result = RESULT_OK;
    sqlite3 *db = NULL;
    if (!sqlite_file_exists(job->path)) {
        return RESULT_OK;
    }
    int code = open_database(job->path, SQLITE_OPEN_READWRITE, &db);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    (void)sqlite3_close(db);
    if ((code & 0xff) == SQLITE_BUSY) {
        return refuse(job, RESULT_CONFLICT, "a process has %s open: stop the server first",
                      job->path);
    }
    for (size_t i = 0; result == RESULT_OK && i < ARRAY_LEN(suffixes); i++) {
        result = remove_beside(job, suffixes[i]);
    }
    return result;
}

/* Restored by root, the file must still be its server's. */
static enum result keep_owner(const struct job *job)
{
    struct stat status;
    if (stat(job->path, &status) != 0 || geteuid() != 0) {
        return RESULT_OK;
    }
    return fchown(job->part.fd, status.st_uid, status.st_gid) == 0
               ? RESULT_OK
               : refuse(job, RESULT_STORE_UNAVAILABLE, "the owner of %s cannot be kept", job->path);
}

static enum result take_place(struct job *job)
{
    enum result result = check_replaceable(job); /* again: it took a while */
    if (result == RESULT_OK) {
        result = keep_owner(job);
    }
    if (result == RESULT_OK) {
        result = settle_old(job);
    }
    return result == RESULT_OK ? sqlite_part_publish(&job->part, job->message, job->message_size)
                               : result;
}

enum result sqlite_backup_restore(const struct sqlite_backup_options *options,
                                  struct sqlite_restored *out, char *message, size_t message_size)
{
    struct job job CLEANUP(end_job) = {
        .options = options, .message = message, .message_size = message_size};
    *out = (struct sqlite_restored){.schema = 0};
    message[0] = '\0';
    enum result result = start_job(&job);
    if (result == RESULT_OK) {
        result = open_copy(&job);
    }
    if (result == RESULT_OK) {
        result = sqlite_file_resolve(job.path, message, message_size);
    }
    if (result == RESULT_OK) {
        result = check_replaceable(&job);
    }
    if (result == RESULT_OK) {
        result = sqlite_part_open(&job.part, job.path, message, message_size);
    }
    if (result == RESULT_OK) {
        result =
            sqlite_part_fill(&job.part, job.from, options->file, options, message, message_size);
    }
    if (result == RESULT_OK) {
        result = check_schema(&job, out);
    }
    return result == RESULT_OK ? take_place(&job) : result;
}
