#include "cli/commands.h"
#include "cli/usage.h"

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
