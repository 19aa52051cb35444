#include "api/api.h"
#include "cli/commands.h"
#include "cli/usage.h"
#include "config/reference.h"

int command_show_config(struct cli *cli)
{
    return command_print(command_has(cli, "markdown")
                             ? reference_markdown(&cli->arena)
                             : reference_values(&cli->config, &cli->arena));
}

int command_openapi(struct cli *cli)
{
    struct view document = api_openapi("native", &cli->arena);
    int status = command_print(document);
    return status == CLI_DONE ? command_print(VIEW("\n")) : status;
}

int command_version(struct cli *cli)
{
    return command_print(arena_format(&cli->arena, "latchkey %s\n", LATCHKEY_VERSION));
}

static bool is_named(const struct command *row, const struct cli *cli)
{
    struct view first = cli->operands[0];
    struct view second = cli->operands[1];

    if (row->group == NULL) {
        return cli->operand_count == 1 && view_is(first, row->name);
    }
    return cli->operand_count == 2 && view_is(first, row->group) && view_is(second, row->name);
}

int command_help(struct cli *cli)
{
    if (cli->operand_count == 0) {
        return command_print(usage_of_all(&cli->arena));
    }
    for (const struct command *row = command_rows; row->name != NULL; row++) {
        if (is_named(row, cli)) {
            return command_print(usage_of_command(row, &cli->arena));
        }
    }
    for (const struct command *row = command_rows; row->name != NULL; row++) {
        if (cli->operand_count == 1 && row->group != NULL &&
            view_is(cli->operands[0], row->group)) {
            return command_print(usage_of_group(row->group, &cli->arena));
        }
    }
    cli->command = NULL;
    return command_misused(cli, "unknown command '%.*s'", VIEW_ARG(cli->operands[0]));
}
