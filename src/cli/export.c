#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/export_record.h"
#include "cli/commands.h"
#include "cli/context.h"

/* Beyond what a page can hold: every text at its longest, each byte escaped. */
#define PAGE_MAX_BYTES ((size_t)128 * 1024 * 1024)
#define OWNER_ONLY 0600

struct export
{
    struct context context;
    bool csv;
    bool with_hashes;
    int fd; /* -1: not open */
    struct view path;
};

static int read_flags(const struct cli *cli, struct export *export)
{
    struct view format = command_flag(cli, "format");

    export->with_hashes = command_has(cli, "with-hashes");
    export->csv = view_is(format, "csv");
    export->path = cli->operand_count > 0 ? cli->operands[0] : VIEW("-");
    return format.at == NULL || export->csv || view_is(format, "ndjson")
               ? CLI_DONE
               : command_misused(cli, "--format must be ndjson or csv");
}

/* A file is for its owner alone, also one that was there before; a device or pipe stays as it is.
 */
static int open_file(struct export *export)
{
    struct stat status;

    if (view_is(export->path, "-")) {
        export->fd = STDOUT_FILENO;
        return CLI_DONE;
    }
    export->fd = open(export->path.at, O_WRONLY | O_CREAT | O_CLOEXEC, OWNER_ONLY);
    if (export->fd < 0 || fstat(export->fd, &status) != 0) {
        return command_fail("cannot write %.*s: %s", VIEW_ARG(export->path), strerror(errno));
    }
    if (S_ISREG(status.st_mode) &&
        (fchmod(export->fd, OWNER_ONLY) != 0 || ftruncate(export->fd, 0) != 0)) {
        return command_fail("cannot write %.*s: %s", VIEW_ARG(export->path), strerror(errno));
    }
    return CLI_DONE;
}

static int write_all(const struct export *export, struct view text)
{
    while (text.len > 0) {
        ssize_t written = write(export->fd, text.at, text.len);
        if (written < 0 && errno != EINTR) {
            return command_fail("cannot write %.*s: %s", VIEW_ARG(export->path), strerror(errno));
        }
        text = view_sub(text, written > 0 ? (size_t)written : 0, text.len);
    }
    return CLI_DONE;
}

static int write_page(const struct export *export, const struct user_credentials *users,
                      size_t count, bool is_first, struct arena *arena)
{
    struct builder b;
    struct view text;

    builder_init(&b, arena, PAGE_MAX_BYTES);
    if (export->csv && is_first) {
        export_record_csv(&b, NULL, export->with_hashes);
    }
    for (size_t i = 0; i < count; i++) {
        if (export->csv) {
            export_record_csv(&b, &users[i], export->with_hashes);
        } else {
            export_record_json(&b, &users[i], export->with_hashes);
        }
    }
    return builder_end(&b, &text) ? write_all(export, text) : command_fail("out of memory");
}

/* Page by page, each in the same arena, which is wiped in between. */
static int write_pages(struct export *export, struct arena *arena)
{
    int64_t after = 0;
    size_t count = STORE_EXPORT_MAX;
    bool is_first = true;
    int status = CLI_DONE;

    while (status == CLI_DONE && count == STORE_EXPORT_MAX) {
        struct user_credentials *users = arena_take_array(arena, STORE_EXPORT_MAX, sizeof(*users));
        enum result result = users == NULL
                                 ? RESULT_INTERNAL
                                 : store_users_export(export->context.handle, after,
                                                      STORE_EXPORT_MAX, arena, users, &count);
        if (result != RESULT_OK) {
            return context_report(&export->context, result, "the export is not complete");
        }
        status = write_page(export, users, count, is_first, arena);
        after = count > 0 ? users[count - 1].user.number : after;
        is_first = false;
        arena_reset(arena);
    }
    return status;
}

static int finish(struct export *export)
{
    /* A pipe and a terminal cannot be synchronised: nothing to do there. */
    if (fsync(export->fd) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) {
        return command_fail("cannot write %.*s: %s", VIEW_ARG(export->path), strerror(errno));
    }
    return CLI_DONE;
}

static void clear(struct export *export)
{
    if (export->fd > STDERR_FILENO) {
        (void)close(export->fd);
    }
    context_close(&export->context);
}

int command_export(struct cli *cli)
{
    struct export export CLEANUP(clear) = {.fd = -1};
    struct arena arena CLEANUP(arena_clear);
    int status = read_flags(cli, &export);

    arena_init(&arena, 0);
    status = status == CLI_DONE ? context_open(cli, &export.context) : status;
    status = status == CLI_DONE ? open_file(&export) : status;
    status = status == CLI_DONE ? write_pages(&export, &arena) : status;
    return status == CLI_DONE ? finish(&export) : status;
}
