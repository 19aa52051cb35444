/* Which dialects are mounted where. */
#ifndef LATCHKEY_CLI_MOUNTS_H
#define LATCHKEY_CLI_MOUNTS_H

#include "api/api.h"
#include "base/attributes.h"
#include "cli/command.h"

/* From the option DIALECT, into the arena of cli. CLI_DONE; CLI_USAGE with a message on an unknown
   name, one that comes twice, a prefix that belongs to the native API, or routes that clash. */
MUST_CHECK int mounts_read(struct cli *cli, const struct api_mount **out, size_t *count);

#endif
