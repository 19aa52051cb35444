#include "api/api.h"
#include "cli/commands.h"

int command_openapi(struct cli *cli)
{
    struct view document = api_openapi("native", &cli->arena);
    int status = command_print(document);
    return status == CLI_DONE ? command_print(VIEW("\n")) : status;
}
