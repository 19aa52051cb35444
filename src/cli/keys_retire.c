#include "cli/commands.h"
#include "cli/context.h"
#include "service/keys.h"

int command_keys_retire(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = keys_retire(&context.call, cli->operands[0]);
    if (result != RESULT_OK) {
        return context_report(&context, result, "the key was not retired");
    }
    return command_print(VIEW("retired\n"));
}
