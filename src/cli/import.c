#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/import_record.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/import_firebase.h"
#include "cli/import_lines.h"
#include "cli/import_progress.h"
#include "service/users_import.h"

/* One batch is one commit: enough to be fast, so few that other writers get their turn. */
#define BATCH_ROWS 16384
#define BATCH_MAX_BYTES ((size_t)32 * 1024 * 1024)

_Static_assert(BATCH_ROWS <= STORE_IMPORT_MAX, "a batch is one call of the store");

struct import {
    struct context context;
    struct import_record_options options;
    struct import_lines lines;
    struct import_progress progress;
    FILE *report;
    bool dry_run;
    struct arena arena; /* of a batch */
    struct user_import *rows;
    int64_t *numbers; /* of the lines the rows come from */
    size_t count;
    struct arena names_arena;
    struct csv_cell *names; /* of the columns; NULL until the first line was read */
    size_t name_count;
};

/* --- flags ------------------------------------------------------------------------------------ */

static int read_format(const struct cli *cli, struct import *import, bool *csv)
{
    struct view name = command_flag(cli, "format");

    *csv = view_is(name, "csv") || view_ends_with(cli->operands[0], VIEW(".csv"));
    if (name.at != NULL && !view_is(name, "csv") &&
        !import_record_format_of(name, &import->options.format)) {
        return command_misused(
            cli,
            "--format must be csv, latchkey, gotrue, pocketbase, keycloak, firebase or fastapi");
    }
    return CLI_DONE;
}

static int read_firebase(struct cli *cli, struct import *import)
{
    struct view path = command_flag(cli, "firebase-config");
    const char *fault;

    if (path.at == NULL) {
        return CLI_DONE;
    }
    fault = import_firebase_read(path.at, &cli->arena, &import->options.firebase);
    return fault == NULL ? CLI_DONE : command_fail("%.*s: %s", VIEW_ARG(path), fault);
}

static int open_report(const struct cli *cli, struct import *import)
{
    struct view path = command_flag(cli, "report");

    import->report = path.at != NULL ? fopen(path.at, "we") : stderr;
    return import->report != NULL
               ? CLI_DONE
               : command_fail("cannot write %.*s: %s", VIEW_ARG(path), strerror(errno));
}

/* --- refused lines ---------------------------------------------------------------------------- */

static void refuse(struct import *import, int64_t number, const char *member, struct view why)
{
    if (import->report == stderr) {
        import_progress_hide(&import->progress);
    }
    fprintf(import->report, "line %lld: %s%s%.*s\n", (long long)number, member,
            member[0] != '\0' ? ": " : "", VIEW_ARG(why));
}

static void refuse_faults(struct import *import, int64_t number, const struct faults *faults)
{
    size_t shown = faults->count < FAULTS_MAX ? faults->count : FAULTS_MAX;

    for (size_t i = 0; i < shown; i++) {
        const struct fault *fault = &faults->items[i];
        const char *member = arena_copy(&import->arena, fault->path[0]);

        refuse(import, number, member != NULL ? member : "", fault->message);
    }
    import->progress.counts.refused++;
}

static void refuse_line(struct import *import, int64_t number, const char *why)
{
    refuse(import, number, "", view_of(why));
    import->progress.counts.refused++;
}

/* --- batches ---------------------------------------------------------------------------------- */

static void note_outcome(struct import *import, const struct user_import *row, int64_t number)
{
    static const char *const refusals[] = {
        [USER_IMPORT_USERNAME_TAKEN] = "username: Somebody else has this username.",
        [USER_IMPORT_EMAIL_TAKEN] = "email: Somebody else has this e-mail address.",
        [USER_IMPORT_NO_SUCH_ROLE] = "roles: There is no role of that name.",
    };

    if (row->outcome == USER_IMPORT_CREATED) {
        import->progress.counts.created++;
    } else if (row->outcome == USER_IMPORT_PRESENT) {
        import->progress.counts.present++;
    } else {
        refuse_line(import, number, refusals[row->outcome]);
    }
}

static enum result flush(struct import *import)
{
    struct service_call *call = &import->context.call;
    enum result result = import->dry_run ? users_import_look(call, import->rows, import->count)
                                         : users_import_run(call, import->rows, import->count);

    for (size_t i = 0; result == RESULT_OK && i < import->count; i++) {
        note_outcome(import, &import->rows[i], import->numbers[i]);
    }
    import->count = 0;
    arena_reset(&import->arena);
    import_progress_show(&import->progress, import->lines.bytes, import->lines.size);
    return result;
}

static enum result add_record(struct import *import, const struct import_record *record,
                              int64_t number)
{
    struct service_call *call = &import->context.call;
    enum result result;

    if (record->is_deleted) {
        import->progress.counts.left_out++;
        return RESULT_OK;
    }
    call->now_ms = clock_now_ms(&import->context.log.clock);
    result =
        users_import_prepare(call, &record->user, !import->dry_run, &import->rows[import->count]);
    if (result == RESULT_INVALID) {
        refuse_faults(import, number, &call->faults);
        return RESULT_OK;
    }
    if (result == RESULT_OK) {
        import->numbers[import->count++] = number;
    }
    return result;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Keeps the names of the columns. A sentence when they cannot be used. */
static const char *take_names(struct import *import, char *line, size_t len)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* as some spreadsheets begin a file */
    size_t skip = view_starts_with(view_make(line, len), VIEW(mark)) ? sizeof(mark) - 1 : 0;
    char *copy = arena_copy(&import->names_arena, view_make(line + skip, len - skip));
    const char *fault;
    struct view wrong;

    import->names =
        arena_take_array(&import->names_arena, IMPORT_COLUMNS_MAX, sizeof(*import->names));
    if (copy == NULL || import->names == NULL) {
        return "out of memory";
    }
    fault = csv_split(copy, len - skip, import->names, IMPORT_COLUMNS_MAX, &import->name_count);
    wrong = import_record_wrong_column(&import->options, import->names, import->name_count);
    if (fault == NULL && wrong.at != NULL) {
        fault = "There is a column that is not known, or the same twice.";
    }
    return fault;
}

static enum result decode_csv(struct import *import, char *line, size_t len, struct faults *faults,
                              struct import_record *out)
{
    struct csv_cell cells[IMPORT_COLUMNS_MAX];
    size_t count;
    const char *fault = csv_split(line, len, cells, IMPORT_COLUMNS_MAX, &count);

    *out = (struct import_record){.detail = view_of(fault)};
    if (fault == NULL && count != import->name_count) {
        out->detail = VIEW("There are not as many fields as columns.");
    }
    if (out->detail.at != NULL) {
        return RESULT_MALFORMED_JSON;
    }
    return import_record_csv(&import->options, import->names, cells, count, &import->arena, faults,
                             out);
}

static enum result take_line(struct import *import, char *line, size_t len, int64_t number)
{
    struct import_record record;
    struct faults faults = {.count = 0};
    enum result result;

    if (import->lines.csv) {
        result = decode_csv(import, line, len, &faults, &record);
    } else {
        result = import_record_json(&import->options, view_make(line, len), &import->arena, &faults,
                                    &record);
    }
    if (result == RESULT_INVALID) {
        refuse_faults(import, number, &faults);
        return RESULT_OK;
    }
    if (result == RESULT_MALFORMED_JSON) {
        refuse(import, number, "",
               record.detail.len > 0 ? record.detail : VIEW("The line is not valid JSON."));
        import->progress.counts.refused++;
        return RESULT_OK;
    }
    return result == RESULT_OK ? add_record(import, &record, number) : result;
}

static bool is_blank(const struct import *import, const char *line, size_t len)
{
    struct view text = view_make(line, len);
    return import->lines.csv ? view_is(text, "\n") || view_is(text, "\r\n")
                             : import_record_is_blank(text);
}

static enum result take_any_line(struct import *import, enum import_lines_state state, char *line,
                                 size_t len, int64_t number)
{
    if (state == IMPORT_LINES_TOO_LONG) {
        refuse_line(import, number, "The line is longer than 1 MiB.");
        return RESULT_OK;
    }
    if (is_blank(import, line, len)) {
        return RESULT_OK;
    }
    enum result result = take_line(import, line, len, number);
    bool is_full = import->count == BATCH_ROWS || import->arena.used_bytes > BATCH_MAX_BYTES;
    return result == RESULT_OK && is_full ? flush(import) : result;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int stopped(struct import *import, int64_t number, const char *why)
{
    import_progress_hide(&import->progress);
    return command_fail("the import stopped at or before line %lld: %s; begin it again to go on",
                        (long long)number, why);
}

static int read_names(struct import *import)
{
    char *line = NULL;
    size_t len = 0;
    int64_t number = 0;
    const char *fault;

    if (!import->lines.csv) {
        return CLI_DONE;
    }
    if (import_lines_next(&import->lines, &line, &len, &number) != IMPORT_LINES_GOOD) {
        return command_fail("there is no first line with the names of the columns");
    }
    fault = take_names(import, line, len);
    return fault == NULL ? CLI_DONE : command_fail("the first line: %s", fault);
}

static int read_all(struct import *import)
{
    enum result result = RESULT_OK;
    enum import_lines_state state;
    int64_t number = 0;
    char *line = NULL;
    size_t len = 0;

    do {
        state = import_lines_next(&import->lines, &line, &len, &number);
        if (state == IMPORT_LINES_GOOD || state == IMPORT_LINES_TOO_LONG) {
            result = take_any_line(import, state, line, len, number);
        }
    } while (result == RESULT_OK && state != IMPORT_LINES_END && state != IMPORT_LINES_FAILED);
    if (state == IMPORT_LINES_FAILED) {
        return stopped(import, number, "the file cannot be read");
    }
    result = result == RESULT_OK ? flush(import) : result;
    return result == RESULT_OK ? CLI_DONE : stopped(import, number, result_title(result));
}

static int finish(struct import *import, struct cli *cli)
{
    int status;

    import_progress_hide(&import->progress);
    if (!import->dry_run) {
        enum result result = context_tend_lists(&import->context);
        (void)result; /* the store has said why; the people are there, and a server tries again */
    }
    if (fflush(import->report) != 0 || ferror(import->report)) {
        return command_fail("the report cannot be written");
    }
    status =
        command_print(import_progress_summary(&import->progress, import->dry_run, &cli->arena));
    return status == CLI_DONE && import->progress.counts.refused > 0 ? CLI_FAILED : status;
}

/* Also of one that was stopped: what it has done until then stays. */
static void note(struct import *import)
{
    const struct users_import_counts *counts = &import->progress.counts;

    if (!import->dry_run &&
        counts->created + counts->present + counts->refused + counts->left_out > 0) {
        import->context.call.now_ms = clock_now_ms(&import->context.log.clock);
        users_import_note(&import->context.call, counts);
    }
}

static int run(struct cli *cli, struct import *import)
{
    int status;

    import->rows = arena_take_array(&cli->arena, BATCH_ROWS, sizeof(*import->rows));
    import->numbers = arena_take_array(&cli->arena, BATCH_ROWS, sizeof(*import->numbers));
    if (import->rows == NULL || import->numbers == NULL) {
        return command_fail("out of memory");
    }
    import->context.call.arena = &import->arena;
    import->options.now_ms = clock_now_ms(&import->context.log.clock);
    import_progress_start(&import->progress);
    status = read_names(import);
    status = status == CLI_DONE ? read_all(import) : status;
    note(import);
    return status == CLI_DONE ? finish(import, cli) : status;
}

static void clear(struct import *import)
{
    import_lines_close(&import->lines);
    context_close(&import->context);
    if (import->report != NULL && import->report != stderr) {
        (void)fclose(import->report);
    }
    arena_reset(&import->arena);
    arena_clear(&import->arena);
    arena_clear(&import->names_arena);
}

int command_import(struct cli *cli)
{
    struct import import CLEANUP(clear) = {
        .lines.fd = -1,
        .dry_run = command_has(cli, "dry-run"),
        .options.clear_passwords = command_has(cli, "clear-passwords"),
    };
    bool csv = false;
    int status = read_format(cli, &import, &csv);

    status = status == CLI_DONE ? read_firebase(cli, &import) : status;
    if (status == CLI_DONE && !import_lines_open(&import.lines, cli->operands[0].at, csv)) {
        status = command_fail("cannot read %.*s: %s", VIEW_ARG(cli->operands[0]), strerror(errno));
    }
    status = status == CLI_DONE ? open_report(cli, &import) : status;
    status = status == CLI_DONE ? context_open(cli, &import.context) : status;
    return status == CLI_DONE ? run(cli, &import) : status;
}
