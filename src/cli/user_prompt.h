/* What a new user is asked about on the terminal, when no flag has said it. With --password-stdin,
   or where standard input is no terminal, nothing is asked. */
#ifndef LATCHKEY_CLI_USER_PROMPT_H
#define LATCHKEY_CLI_USER_PROMPT_H

#include "base/attributes.h"
#include "cli/command.h"
#include "cli/context.h"
#include "service/users.h"

/* Username and e-mail address. The texts are in the command's arena. CLI_USAGE when there is no
   username and nobody to ask; CLI_FAILED when there is no answer. */
MUST_CHECK int user_prompt_who(struct cli *cli, struct users_input *input);
/* The role, one that there is; an empty answer is `user`. */
MUST_CHECK int user_prompt_role(struct cli *cli, struct context *context,
                                struct users_input *input);

#endif
