#include <stdio.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/progress.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/file.h"

#define MESSAGE_SIZE 4608 /* two paths */

/* Other databases bring their own tools (docs/operations.md). */
static const struct {
    struct view scheme;
    const char *backup;
    const char *restore;
} tools[] = {
    {VIEW_INIT("postgres"), "pg_dump --format=custom", "pg_restore"},
    {VIEW_INIT("mongodb"), "mongodump", "mongorestore"},
};

static bool has_scheme(struct view url, struct view scheme)
{
    return view_equal_nocase(view_sub(url, 0, scheme.len), scheme);
}

static int check_scheme(struct cli *cli, bool restores)
{
    struct view url = config_text(&cli->config, OPTION_DATABASE);

    for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
        if (has_scheme(url, tools[i].scheme)) {
            command_fail("%s is for SQLite files; for this database use %s (docs/operations.md)",
                         cli->command->name, restores ? tools[i].restore : tools[i].backup);
            return CLI_USAGE;
        }
    }
    if (!sqlite_file_is_url(url)) {
        command_fail("%s is for SQLite files: --database sqlite:PATH", cli->command->name);
        return CLI_USAGE;
    }
    return CLI_DONE;
}

static void show(void *context, int64_t done, int64_t total)
{
    struct progress *line = context;

    if (progress_is_due(line)) {
        fprintf(stderr, "%lld of %lld pages", (long long)done, (long long)total);
        progress_write_left(line, done, total);
    }
}

struct copying {
    struct log_sink sink;
    struct log log;
    struct progress line;
    struct sqlite_backup_options options;
};

static void end_copying(struct copying *copying)
{
    log_sink_close(&copying->sink);
}

static int prepare(struct cli *cli, struct copying *copying, bool restores)
{
    int status = check_scheme(cli, restores);

    copying->log = context_quiet_log(&cli->config, &copying->sink);
    progress_start(&copying->line);
    copying->options = (struct sqlite_backup_options){
        .url = config_text(&cli->config, OPTION_DATABASE),
        .file = arena_copy(&cli->arena, cli->operands[0]),
        .force = command_has(cli, "force"),
        .log = &copying->log,
        .show = show,
        .context = &copying->line,
    };
    return status == CLI_DONE && copying->options.file == NULL ? command_fail("out of memory")
                                                               : status;
}

static int conclude(struct copying *copying, enum result result, const char *message,
                    struct view done)
{
    progress_hide(&copying->line);
    return result == RESULT_OK ? command_print(done) : context_store_failed(result, message);
}

int command_backup(struct cli *cli)
{
    struct copying copying CLEANUP(end_copying) = {.options = {.file = NULL}};
    char message[MESSAGE_SIZE];
    enum result result;
    int status = prepare(cli, &copying, false);

    if (status != CLI_DONE) {
        return status;
    }
    result = sqlite_backup_write(&copying.options, message, sizeof(message));
    return conclude(&copying, result, message,
                    arena_format(&cli->arena, "%s: whole, checked\n", copying.options.file));
}

int command_restore(struct cli *cli)
{
    struct copying copying CLEANUP(end_copying) = {.options = {.file = NULL}};
    struct sqlite_restored restored;
    char message[MESSAGE_SIZE];
    enum result result;
    const char *more;
    int status = prepare(cli, &copying, true);

    if (status != CLI_DONE) {
        return status;
    }
    result = sqlite_backup_restore(&copying.options, &restored, message, sizeof(message));
    more =
        restored.pending > 0 ? "; latchkey migrate, or the next start, brings it up to date" : "";
    return conclude(
        &copying, result, message,
        arena_format(&cli->arena, "restored, schema %lld%s\n", (long long)restored.schema, more));
}
