/* What people read about the options, written from their rows. */
#ifndef LATCHKEY_CONFIG_REFERENCE_H
#define LATCHKEY_CONFIG_REFERENCE_H

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "config/config.h"

/* The options as `--help` shows them, by group. at NULL when out of memory. */
MUST_CHECK struct view reference_help(struct arena *arena);
/* docs/configuration.md. at NULL when out of memory. */
MUST_CHECK struct view reference_markdown(struct arena *arena);
/* The effective values with their origin, secrets redacted: `latchkey config`. at NULL when out of
 * memory. */
MUST_CHECK struct view reference_values(const struct config *config, struct arena *arena);

#endif
