#include "cli/commands.h"
#include "cli/context.h"
#include "service/roles.h"

int command_role_delete(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = roles_delete(&context.call, cli->operands[0], 0);
    if (result != RESULT_NO_CONTENT) {
        return context_report(&context, result, "the role was not deleted");
    }
    return command_print(VIEW("deleted\n"));
}
