#ifndef LATCHKEY_CLI_USER_CHANGE_H
#define LATCHKEY_CLI_USER_CHANGE_H

#include "cli/command.h"
#include "service/users.h"

/* Applies the change to the user the command names and prints them. Returns the exit status. */
MUST_CHECK int user_change_apply(struct cli *cli, const struct users_input *input,
                                 const char *failure);

#endif
