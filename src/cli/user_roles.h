#ifndef LATCHKEY_CLI_USER_ROLES_H
#define LATCHKEY_CLI_USER_ROLES_H

#include <stdbool.h>

#include "base/attributes.h"
#include "cli/command.h"
#include "service/users.h"

/* Puts the values of --role into input. False when there is none in it. */
MUST_CHECK bool user_roles_read(struct cli *cli, struct users_input *input);

#endif
