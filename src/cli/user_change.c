#include "cli/user_change.h"

#include "cli/context.h"
#include "cli/user_output.h"

int user_change_apply(struct cli *cli, const struct users_input *input, const char *failure)
{
    struct context context CLEANUP(context_close) = {0};
    struct user user;
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = users_update(&context.call, cli->operands[0], input, &user);
    if (result != RESULT_OK) {
        return context_report(&context, result, failure);
    }
    return user_output_one(cli, &user);
}
