#include "cli/commands.h"
#include "cli/context.h"
#include "cli/user_output.h"
#include "service/users.h"

int command_user_show(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct user user;
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = users_find(&context.call, cli->operands[0],
                        command_has(cli, "deleted") ? USER_GONE : USER_PRESENT, &user);
    if (result != RESULT_OK) {
        return context_report(&context, result, "no such user");
    }
    return user_output_one(cli, &user);
}
