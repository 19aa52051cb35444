#include "api/api.h"
#include "api/routes.h"
#include "cli/commands.h"
#include "dialects/dialects.h"

int command_openapi(struct cli *cli)
{
    struct view name = cli->operand_count > 0 ? cli->operands[0] : view_of(routes_native.name);
    const struct row_set *set =
        view_is(name, routes_native.name) ? &routes_native : dialect_find(name);
    int status;

    if (set == NULL) {
        command_fail("there is no dialect '%.*s'; `latchkey dialects` lists them", VIEW_ARG(name));
        return CLI_USAGE;
    }
    status = command_print(api_openapi(set, &cli->arena));
    return status == CLI_DONE ? command_print(VIEW("\n")) : status;
}
