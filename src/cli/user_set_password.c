#include "cli/commands.h"
#include "cli/password_prompt.h"
#include "cli/user_change.h"

int command_user_set_password(struct cli *cli)
{
    struct users_input input = {.mask = USER_FIELD_PASSWORD};
    int status = password_prompt_new(cli, &input.password);

    if (status != CLI_DONE) {
        return status;
    }
    return user_change_apply(cli, &input, "the password was not set");
}
