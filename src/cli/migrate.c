#include "base/builder.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/context.h"

#define MESSAGE_SIZE 512
#define OUTPUT_MAX_BYTES 65536

struct migrating {
    struct builder text;
    enum store_migrate_mode mode;
    int64_t pending; /* tried or done now, too */
};

static void note(void *context, const struct store_step *step)
{
    struct migrating *migrating = context;
    char when[CLOCK_TEXT_SIZE] = "";

    /* Who only looks in place of a try tells of these too. */
    if (migrating->mode == STORE_MIGRATE_TRY && step->state == STORE_STEP_APPLIED) {
        return;
    }
    if (step->applied_ms != 0) {
        clock_format(step->applied_ms, when);
    }
    builder_format(&migrating->text, "%04lld %-20s ", (long long)step->number, step->name);
    if (step->state == STORE_STEP_PENDING) {
        builder_text(&migrating->text, "pending\n");
    } else if (migrating->mode == STORE_MIGRATE_TRY) {
        builder_text(&migrating->text, "would be applied\n");
    } else {
        builder_format(&migrating->text, "applied%s%s\n", when[0] != '\0' ? " " : "", when);
    }
    migrating->pending += step->state != STORE_STEP_APPLIED;
}

static void conclude(struct migrating *migrating)
{
    struct builder *b = &migrating->text;
    const char *steps = migrating->pending == 1 ? "step" : "steps";

    if (migrating->pending == 0) {
        builder_text(b, "the schema is up to date\n");
    } else if (migrating->mode == STORE_MIGRATE_APPLY) {
        builder_format(b, "%lld %s applied, the schema is up to date\n",
                       (long long)migrating->pending, steps);
    } else {
        builder_format(b, "%lld %s to apply\n", (long long)migrating->pending, steps);
    }
}

static int read_mode(const struct cli *cli, enum store_migrate_mode *out)
{
    bool status = command_has(cli, "status");
    bool dry_run = command_has(cli, "dry-run");

    *out = STORE_MIGRATE_APPLY;
    *out = status ? STORE_MIGRATE_LOOK : *out;
    *out = dry_run ? STORE_MIGRATE_TRY : *out;
    return status && dry_run ? command_misused(cli, "--status and --dry-run exclude each other")
                             : CLI_DONE;
}

int command_migrate(struct cli *cli)
{
    struct log_sink sink CLEANUP(log_sink_close);
    struct log log = context_quiet_log(&cli->config, &sink);
    struct store_options options = context_store_options(&cli->config, &log);
    struct migrating migrating = {.pending = 0};
    const struct store_migrate_watch watch = {note, &migrating};
    char message[MESSAGE_SIZE];
    struct view text;
    enum result result;
    int status = read_mode(cli, &migrating.mode);

    if (status != CLI_DONE) {
        return status;
    }
    builder_init(&migrating.text, &cli->arena, OUTPUT_MAX_BYTES);
    result = store_migrate(&options, migrating.mode, &watch, message, sizeof(message));
    if (result == RESULT_OK) {
        conclude(&migrating);
    }
    if (!builder_end(&migrating.text, &text)) {
        return command_fail("out of memory");
    }
    status = text.len > 0 ? command_print(text) : CLI_DONE; /* what was done before it failed */
    return result == RESULT_OK ? status : context_store_failed(result, message);
}
