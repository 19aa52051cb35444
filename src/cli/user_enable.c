#include "cli/commands.h"
#include "cli/user_change.h"

int command_user_enable(struct cli *cli)
{
    struct users_input input = {.mask = USER_FIELD_STATUS, .status = USER_ACTIVE};

    return user_change_apply(cli, &input, "the user was not enabled");
}
