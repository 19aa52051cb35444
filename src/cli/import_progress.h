/* How far an import has come: counters, a line on a terminal, a summary. */
#ifndef LATCHKEY_CLI_IMPORT_PROGRESS_H
#define LATCHKEY_CLI_IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "service/users_import.h"

struct import_progress {
    struct users_import_counts counts;
    bool is_shown; /* on a terminal: standard error is one */
    int64_t start_us;
    int64_t shown_us; /* 0: nothing stands there */
};

void import_progress_start(struct import_progress *progress);
/* Shows the rate, and how much of `size` bytes is done (0: unknown), a few times a second at most.
 */
void import_progress_show(struct import_progress *progress, int64_t bytes, int64_t size);
/* Clears the line, so that something else can be written. */
void import_progress_hide(struct import_progress *progress);
/* One line, in the arena; at NULL when out of memory. */
MUST_CHECK struct view import_progress_summary(const struct import_progress *progress, bool dry_run,
                                               struct arena *arena);

#endif
