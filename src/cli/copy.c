#include <stdio.h>
#include <string.h>

#include "base/builder.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/progress.h"
#include "crypto/secret.h"
#include "service/transfer.h"
#include "store/sqlite/file.h"

#define MESSAGE_SIZE 512
#define OUTPUT_MAX_BYTES 8192
#define URL_MAX_BYTES 8192
/* What ended long ago concerns no living token: they live for ACCESS_TOKEN_LIFETIME, and clocks
   differ a little. */
#define CHANGES_SPARE_S INT64_C(3600)

struct side {
    const char *name; /* "source" */
    struct view url;
    struct store *store;
    struct store_handle *handle;
};

struct copy {
    struct log_sink log_sink;
    struct log log;
    struct side from;
    struct side to;
    struct progress line;
    enum transfer_phase phase; /* that the line's clock was started for */
};

/* --- what is asked for ------------------------------------------------------------------------ */

/* The URL of a file's first line, for one that holds a password. */
static int read_url_file(struct cli *cli, struct view path, struct view *out)
{
    char text[URL_MAX_BYTES];
    FILE *file = fopen(path.at, "re");
    bool is_read = file != NULL && fgets(text, sizeof(text), file) != NULL;

    if (file != NULL) {
        (void)fclose(file);
    }
    if (!is_read) {
        return command_fail("cannot read a URL from %.*s", VIEW_ARG(path));
    }
    text[strcspn(text, "\r\n")] = '\0';
    *out = arena_copy_view(&cli->arena, view_of(text));
    secret_wipe_bytes(text, sizeof(text));
    return out->at != NULL ? CLI_DONE : command_fail("out of memory");
}

static int read_side(struct cli *cli, const char *flag, const char *file_flag, struct view *out)
{
    struct view path = command_flag(cli, file_flag);

    *out = command_flag(cli, flag);
    if ((out->at == NULL) == (path.at == NULL)) {
        return command_misused(cli, "--%s or --%s must say which database (one of them)", flag,
                               file_flag);
    }
    if (path.at != NULL && read_url_file(cli, path, out) != CLI_DONE) {
        return CLI_USAGE;
    }
    return view_is_empty(*out) ? command_misused(cli, "--%s is empty", flag) : CLI_DONE;
}

static bool is_same_file(const struct copy *copy)
{
    char paths[2][FILE_PATH_SIZE];
    char message[MESSAGE_SIZE];
    const struct view urls[] = {copy->from.url, copy->to.url};

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        if (!sqlite_file_is_url(urls[i]) ||
            sqlite_file_path_of(urls[i], paths[i], message, sizeof(message)) != RESULT_OK) {
            return false;
        }
    }
    return sqlite_file_is_same(paths[0], paths[1]);
}

static int read_flags(struct cli *cli, struct copy *copy)
{
    int status = read_side(cli, "from", "from-file", &copy->from.url);

    status = status == CLI_DONE ? read_side(cli, "to", "to-file", &copy->to.url) : status;
    if (status == CLI_DONE && (view_equal(copy->from.url, copy->to.url) || is_same_file(copy))) {
        return command_misused(cli, "the source and the target are the same database");
    }
    return status;
}

/* --- the two stores --------------------------------------------------------------------------- */

static void count_step(void *context, const struct store_step *step)
{
    int *counts = context;

    counts[step->state]++;
}

/* CLI_DONE unless the source is of an older schema. */
static int explain_older(const struct store_options *options)
{
    char message[MESSAGE_SIZE];
    int counts[STORE_STEP_DONE_NOW + 1] = {0};
    const struct store_migrate_watch watch = {count_step, counts};
    enum result result =
        store_migrate(options, STORE_MIGRATE_LOOK, &watch, message, sizeof(message));
    int applied = counts[STORE_STEP_APPLIED];
    int pending = counts[STORE_STEP_PENDING];

    if (result != RESULT_OK || pending == 0) {
        return CLI_DONE;
    }
    return command_fail("the source has schema %d, this version needs %d, and a copy changes "
                        "nothing there: run latchkey migrate on it, or copy with the version that "
                        "made it",
                        applied, applied + pending);
}

static int open_side(struct cli *cli, struct copy *copy, struct side *side)
{
    char message[MESSAGE_SIZE] = "";
    struct store_options options = context_store_options(&cli->config, &copy->log);
    bool is_source = side == &copy->from;
    enum result result;

    options.url = side->url;
    options.must_exist = is_source;
    options.migrate = options.migrate && !is_source;
    result = store_open(&options, &side->store, message, sizeof(message));
    if (result == RESULT_INVALID && is_source && explain_older(&options) != CLI_DONE) {
        return CLI_FAILED;
    }
    if (result != RESULT_OK) {
        command_fail("the %s: %s", side->name, message);
        return result == RESULT_BAD_REQUEST ? CLI_USAGE : CLI_FAILED;
    }
    side->handle = store_handle_open(side->store);
    return side->handle != NULL ? CLI_DONE : command_fail("the %s cannot be reached", side->name);
}

static int open_both(struct cli *cli, struct copy *copy)
{
    int status = open_side(cli, copy, &copy->from);
    return status == CLI_DONE ? open_side(cli, copy, &copy->to) : status;
}

static void close_both(struct copy *copy)
{
    struct side *sides[] = {&copy->from, &copy->to};

    for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
        store_handle_close(sides[i]->handle);
        store_close(sides[i]->store);
    }
    log_sink_close(&copy->log_sink);
}

/* --- progress and the end --------------------------------------------------------------------- */

static void show(void *context, const struct transfer_progress *progress)
{
    struct copy *copy = context;

    if (progress->phase != copy->phase) {
        progress_hide(&copy->line);
        progress_start(&copy->line);
        copy->phase = progress->phase;
    }
    if (!progress_is_due(&copy->line)) {
        return;
    }
    fprintf(stderr, "%s %s: %lld records, %lld a second",
            progress->phase == TRANSFER_COPYING ? "copying" : "verifying",
            record_kind_plural(progress->kind), (long long)progress->done,
            (long long)progress_rate(&copy->line, progress->done));
    progress_write_left(&copy->line, progress->done, progress->total);
}

static void write_digest(struct builder *b, const uint8_t digest[DIGEST_BYTES])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        builder_format(b, "%02x", digest[i]);
    }
}

static int print_report(struct cli *cli, const struct transfer_report *report, double passed_s)
{
    int64_t total = 0;
    struct builder b;
    struct view text;

    builder_init(&b, &cli->arena, OUTPUT_MAX_BYTES);
    for (enum record_kind kind = RECORD_NONE + 1; kind < RECORD_KIND_END; kind++) {
        builder_format(&b, "%-13s %10lld  sha256 ", record_kind_plural(kind),
                       (long long)report->counts[kind]);
        write_digest(&b, report->digests[kind]);
        builder_char(&b, '\n');
        total += report->counts[kind];
    }
    builder_format(&b, "copied and verified %lld records in %.1f s", (long long)total, passed_s);
    if (report->present > 0) {
        builder_format(&b, "; %lld were there already", (long long)report->present);
    }
    builder_char(&b, '\n');
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}

static int run(struct cli *cli, struct copy *copy)
{
    char message[MESSAGE_SIZE];
    struct transfer_report report;
    int64_t began_us = clock_monotonic_us();
    int64_t lifetime_s = config_number(&cli->config, OPTION_ACCESS_TOKEN_LIFETIME);
    const struct transfer_options options = {
        .from = copy->from.handle,
        .to = copy->to.handle,
        .changes_since_ms =
            clock_now_ms(&copy->log.clock) - (2 * lifetime_s + CHANGES_SPARE_S) * MS_PER_SECOND,
        .resume = command_has(cli, "resume"),
        .show = show,
        .context = copy,
    };
    enum result result = transfer_run(&options, &report, message, sizeof(message));

    progress_hide(&copy->line);
    if (result != RESULT_OK) {
        return command_fail("%s", message);
    }
    return print_report(cli, &report, (double)(clock_monotonic_us() - began_us) / 1e6);
}

int command_copy(struct cli *cli)
{
    struct copy copy CLEANUP(close_both) = {.from = {.name = "source"}, .to = {.name = "target"}};
    int status;

    copy.log = context_quiet_log(&cli->config, &copy.log_sink);
    status = read_flags(cli, &copy);
    status = status == CLI_DONE ? open_both(cli, &copy) : status;
    return status == CLI_DONE ? run(cli, &copy) : status;
}
