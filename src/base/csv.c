#include "base/csv.h"

#include <string.h>

static enum csv_state after(enum csv_state state, char c)
{
    if (c == '"') {
        static const enum csv_state next[] = {[CSV_FIELD_START] = CSV_QUOTED,
                                              [CSV_PLAIN] = CSV_PLAIN,
                                              [CSV_QUOTED] = CSV_QUOTE_SEEN,
                                              [CSV_QUOTE_SEEN] = CSV_QUOTED};
        return next[state];
    }
    if (state == CSV_QUOTED) {
        return CSV_QUOTED;
    }
    return c == ',' ? CSV_FIELD_START : CSV_PLAIN;
}

bool csv_find_end(struct view text, struct csv_scan *scan, size_t *end)
{
    for (; scan->at < text.len; scan->at++) {
        char c = text.at[scan->at];
        if (c == '\n' && scan->state != CSV_QUOTED) {
            *end = scan->at + 1;
            return true;
        }
        scan->state = after(scan->state, c);
    }
    return false;
}

/* One cell being read. */
struct cursor {
    char *text;
    size_t len;
    size_t at;
};

/* Takes the text up to the closing quote, undoubling; leaves the cursor behind it. */
static const char *take_quoted(struct cursor *c, struct csv_cell *cell)
{
    size_t from = ++c->at;
    size_t to = from;

    while (c->at < c->len) {
        if (c->text[c->at] == '"') {
            if (c->at + 1 == c->len || c->text[c->at + 1] != '"') {
                break;
            }
            c->at++;
        }
        c->text[to++] = c->text[c->at++];
    }
    if (c->at == c->len) {
        return "A quoted field does not end.";
    }
    c->at++;
    if (c->at < c->len && c->text[c->at] != ',') {
        return "Something stands behind a closing quote.";
    }
    *cell = (struct csv_cell){view_make(c->text + from, to - from), true};
    return NULL;
}

static const char *take_plain(struct cursor *c, struct csv_cell *cell)
{
    size_t from = c->at;

    while (c->at < c->len && c->text[c->at] != ',') {
        if (c->text[c->at] == '"') {
            return "A quote stands in a field that is not quoted.";
        }
        c->at++;
    }
    *cell = (struct csv_cell){view_make(c->text + from, c->at - from), false};
    return NULL;
}

static size_t without_line_end(const char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\n') {
        len--;
        if (len > 0 && text[len - 1] == '\r') {
            len--;
        }
    }
    return len;
}

const char *csv_split(char *text, size_t len, struct csv_cell *cells, size_t max, size_t *count)
{
    struct cursor c = {.text = text, .len = without_line_end(text, len)};
    const char *fault = NULL;

    for (*count = 0; fault == NULL; c.at++) {
        if (*count == max) {
            return "There are too many fields.";
        }
        fault = c.at < c.len && c.text[c.at] == '"' ? take_quoted(&c, &cells[*count])
                                                    : take_plain(&c, &cells[*count]);
        *count += fault == NULL ? 1 : 0;
        if (c.at >= c.len) {
            break;
        }
    }
    return fault;
}

static bool needs_quotes(struct view cell)
{
    if (cell.len == 0) {
        return true;
    }
    for (size_t i = 0; i < cell.len; i++) {
        if (strchr(",\"\r\n", cell.at[i]) != NULL) {
            return true;
        }
    }
    return cell.at[0] == ' ' || cell.at[cell.len - 1] == ' ';
}

void csv_write(struct builder *out, struct view cell)
{
    if (cell.at == NULL) {
        return;
    }
    if (!needs_quotes(cell)) {
        builder_add(out, cell);
        return;
    }
    builder_char(out, '"');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.at[i] == '"') {
            builder_char(out, '"');
        }
        builder_char(out, cell.at[i]);
    }
    builder_char(out, '"');
}
