#include "cli/commands.h"
#include "cli/context.h"
#include "service/users.h"

int command_user_delete(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    bool permanent = command_has(cli, "permanent");
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = permanent ? users_purge(&context.call, cli->operands[0], 0)
                       : users_delete(&context.call, cli->operands[0], 0);
    if (result != RESULT_NO_CONTENT) {
        return context_report(&context, result, "the user was not deleted");
    }
    return command_print(permanent ? VIEW("deleted for good\n") : VIEW("deleted\n"));
}
