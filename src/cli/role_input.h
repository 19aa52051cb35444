#ifndef LATCHKEY_CLI_ROLE_INPUT_H
#define LATCHKEY_CLI_ROLE_INPUT_H

#include "base/attributes.h"
#include "cli/command.h"
#include "service/roles.h"

/* The role that the command's operand and flags describe. CLI_DONE, or CLI_USAGE with a message
 * unless either --permission or --none is given. */
MUST_CHECK int role_input_read(struct cli *cli, struct roles_input *out);

#endif
