#include "cli/commands.h"
#include "cli/context.h"
#include "cli/role_input.h"
#include "cli/role_output.h"

int command_role_set(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    struct roles_input input;
    struct role role;
    enum result result;
    int status = role_input_read(cli, &input);

    status = status == CLI_DONE ? context_open(cli, &context) : status;
    if (status != CLI_DONE) {
        return status;
    }
    result = roles_replace(&context.call, &input, &role);
    if (result != RESULT_OK) {
        return context_report(&context, result, "the role was not changed");
    }
    return role_output_all(cli, &role, 1);
}
