#include "cli/commands.h"
#include "cli/user_change.h"

static int set_status(struct cli *cli, enum user_status status, const char *failure)
{
    struct users_input input = {.mask = USER_FIELD_STATUS, .status = status};
    return user_change_apply(cli, &input, failure);
}

int command_user_disable(struct cli *cli)
{
    return set_status(cli, USER_DISABLED, "the user was not disabled");
}

int command_user_enable(struct cli *cli)
{
    return set_status(cli, USER_ACTIVE, "the user was not enabled");
}
