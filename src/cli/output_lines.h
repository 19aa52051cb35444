/* One thing on a terminal: a line for each of its parts, "label value". */
#ifndef LATCHKEY_CLI_OUTPUT_LINES_H
#define LATCHKEY_CLI_OUTPUT_LINES_H

#include <stdint.h>

#include "base/builder.h"

/* The beginning of a line; the caller writes the rest. */
void output_lines_label(struct builder *b, const char *label);
/* Nothing where .at is NULL. */
void output_lines_text(struct builder *b, const char *label, struct view text);
/* Nothing for 0. */
void output_lines_instant(struct builder *b, const char *label, int64_t instant_ms);

#endif
