/* Help texts, written from the command rows. All views are in the arena; at NULL when out of
 * memory. */
#ifndef LATCHKEY_CLI_USAGE_H
#define LATCHKEY_CLI_USAGE_H

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "cli/command.h"

MUST_CHECK struct view usage_of_all(struct arena *arena);
MUST_CHECK struct view usage_of_group(const char *group, struct arena *arena);
MUST_CHECK struct view usage_of_command(const struct command *command, struct arena *arena);

#endif
