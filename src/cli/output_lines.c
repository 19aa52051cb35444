#include "cli/output_lines.h"

#include "base/clock.h"

#define LABEL_WIDTH 15

void output_lines_label(struct builder *b, const char *label)
{
    builder_format(b, "%-*s ", LABEL_WIDTH, label);
}

void output_lines_text(struct builder *b, const char *label, struct view text)
{
    if (text.at != NULL) {
        output_lines_label(b, label);
        builder_add(b, text);
        builder_char(b, '\n');
    }
}

void output_lines_instant(struct builder *b, const char *label, int64_t instant_ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (instant_ms != 0) {
        clock_format(instant_ms, text);
        output_lines_text(b, label, view_of(text));
    }
}
