/* Comma-separated values, strictly (RFC 4180): quotes stand around a whole field or nowhere, a
   quote in a quoted field is doubled, a line ends with LF or CRLF. Pure. */
#ifndef LATCHKEY_BASE_CSV_H
#define LATCHKEY_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/builder.h"
#include "base/view.h"

struct csv_cell {
    struct view text;
    bool quoted; /* an empty cell without quotes is no value, "" is an empty text */
};

enum csv_state { CSV_FIELD_START, CSV_PLAIN, CSV_QUOTED, CSV_QUOTE_SEEN };

/* Where a search for a record's end has come to; zeros at first. */
struct csv_scan {
    size_t at;
    enum csv_state state;
};

/* Where the record that starts text ends: the index after its line feed. False when it does not end
   in it: call again with more of the text and the same scan. */
MUST_CHECK bool csv_find_end(struct view text, struct csv_scan *scan, size_t *end);
/* Splits a record, with or without its line's end, in place: cells refer to text, in which doubled
   quotes become single ones. At most max cells. NULL when fine, else a sentence. */
MUST_CHECK const char *csv_split(char *text, size_t len, struct csv_cell *cells, size_t max,
                                 size_t *count);
/* Writes a cell, quoted where it must be; at NULL: nothing at all. */
void csv_write(struct builder *out, struct view cell);

#endif
