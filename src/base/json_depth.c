#include "base/json_depth.h"

/* Index of the quote that ends the string which starts at `from` (the first byte after its opening
 * quote). */
static size_t skip_string(struct view text, size_t from)
{
    size_t i = from;
    while (i < text.len && text.at[i] != '"') {
        i += text.at[i] == '\\' ? 2 : 1;
    }
    return i;
}

bool json_depth_is_within(struct view text, size_t most)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '"') {
            i = skip_string(text, i + 1);
        } else if ((c == '{' || c == '[') && ++depth > most) {
            return false;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}
