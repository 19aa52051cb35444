/* Roles on a terminal or in a pipe. */
#ifndef LATCHKEY_CLI_ROLE_OUTPUT_H
#define LATCHKEY_CLI_ROLE_OUTPUT_H

#include "base/attributes.h"
#include "base/builder.h"
#include "cli/command.h"
#include "model/role.h"

/* One JSON object and a newline, the members as in the API. */
void role_output_json(struct builder *b, const struct role *role);
/* A row of a table; NULL writes the heading. */
void role_output_row(struct builder *b, const struct role *role);
/* Prints one role: lines, or JSON where the command was asked for it. Returns the exit status. */
MUST_CHECK int role_output_one(struct cli *cli, const struct role *role);
/* Prints the roles: rows with a heading, or JSON where the command was asked for it. Returns the
 * exit status. */
MUST_CHECK int role_output_all(struct cli *cli, const struct role *roles, size_t count);

#endif
