/* A line on a terminal that tells how far something has come. */
#ifndef LATCHKEY_CLI_PROGRESS_H
#define LATCHKEY_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct progress {
    bool is_shown; /* on a terminal: standard error is one */
    int64_t start_us;
    int64_t shown_us; /* 0: nothing stands there */
};

void progress_start(struct progress *progress);
/* Is it time to write the line anew, a few times a second at most? Then the line is empty and
   waits for text on standard error. */
MUST_CHECK bool progress_is_due(struct progress *progress);
/* So many a second, since the start. */
int64_t progress_rate(const struct progress *progress, int64_t done);
double progress_passed_s(const struct progress *progress);
/* Writes ", 40%, 1:20 left"; nothing when that cannot be told. */
void progress_write_left(const struct progress *progress, int64_t done, int64_t total);
/* Clears the line, so that something else can be written. */
void progress_hide(struct progress *progress);

#endif
