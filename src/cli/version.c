#include "cli/commands.h"

int command_version(struct cli *cli)
{
    return command_print(arena_format(&cli->arena, "latchkey %s\n", LATCHKEY_VERSION));
}
