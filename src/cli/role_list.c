#include "cli/commands.h"
#include "cli/context.h"
#include "cli/role_output.h"
#include "service/roles.h"

int command_role_list(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    const struct role *roles;
    size_t count;
    enum result result;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = roles_list(&context.call, &roles, &count);
    if (result != RESULT_OK) {
        return context_report(&context, result, "cannot list the roles");
    }
    return role_output_all(cli, roles, count);
}
