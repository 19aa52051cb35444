/* Users on a terminal or in a pipe. */
#ifndef LATCHKEY_CLI_USER_OUTPUT_H
#define LATCHKEY_CLI_USER_OUTPUT_H

#include "base/attributes.h"
#include "base/builder.h"
#include "cli/command.h"
#include "model/user.h"

/* One JSON object and a newline, the members as in the API. */
void user_output_json(struct builder *b, const struct user *user);
/* A row of a table; NULL writes the heading. */
void user_output_row(struct builder *b, const struct user *user);
/* Prints one user: lines, or JSON where the command was asked for it. Returns the exit status. */
MUST_CHECK int user_output_one(struct cli *cli, const struct user *user);

#endif
