#include "cli/commands.h"
#include "config/reference.h"

int command_show_config(struct cli *cli)
{
    return command_print(command_has(cli, "markdown")
                             ? reference_markdown(&cli->arena)
                             : reference_values(&cli->config, &cli->arena));
}
