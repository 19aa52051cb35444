#ifndef LATCHKEY_CLI_PASSWORD_PROMPT_H
#define LATCHKEY_CLI_PASSWORD_PROMPT_H

#include "base/attributes.h"
#include "base/view.h"
#include "cli/command.h"

/* Reads a new password: with --password-stdin the first line of standard input, else twice from the
   terminal without echo. The text is in the command's arena. CLI_USAGE when there is no terminal to
   ask on. */
MUST_CHECK int password_prompt_new(struct cli *cli, struct view *password);

#endif
