#include "cli/commands.h"
#include "cli/context.h"
#include "cli/role_output.h"
#include "service/roles.h"

int command_role_show(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct role role;
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = roles_get(&context.call, cli->operands[0], &role);
    if (result != RESULT_OK) {
        return context_report(&context, result, "no such role");
    }
    return role_output_one(cli, &role);
}
