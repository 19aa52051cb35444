#include "cli/commands.h"
#include "cli/context.h"
#include "service/keys.h"

int command_keys_rotate(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct view key_id;
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = keys_rotate(&context.call, &key_id);
    if (result != RESULT_OK) {
        return context_report(&context, result, "the key was not rotated");
    }
    return command_print(arena_format(&cli->arena, "%.*s\n", VIEW_ARG(key_id)));
}
