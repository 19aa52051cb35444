#include "store/sqlite/search_text.h"

#include "base/builder.h"
#include "base/utf8.h"
#include "base/utf8_fold.h"

/* Behind every character there is in a name. */
#define AFTER_ALL_TEXT "\xF4\x8F\xBF\xBF"
#define COLUMN_MAX_BYTES 64

bool search_text_is_indexed(struct view text)
{
    return utf8_length(text) >= SEARCH_TEXT_INDEXED_CHARS;
}

bool search_text_make(struct view text, struct arena *arena, struct search_text *out)
{
    char *folded = arena_take(arena, UTF8_FOLD_SIZE(text.len));
    if (folded == NULL) {
        return false;
    }
    out->folded = utf8_fold(text, folded);
    out->end = arena_format(arena, "%.*s" AFTER_ALL_TEXT, VIEW_ARG(out->folded));
    return out->end.at != NULL;
}

/* A phrase; quotes are doubled, all else is literal (FTS5, section 3.1). */
struct view search_text_match(struct view folded, const char *column, struct arena *arena)
{
    struct builder b;
    struct view text = {NULL, 0};
    builder_init(&b, arena, 2 * folded.len + COLUMN_MAX_BYTES);
    if (column != NULL) {
        builder_format(&b, "%s : ", column);
    }
    builder_char(&b, '"');
    for (size_t i = 0; i < folded.len; i++) {
        builder_text(&b, folded.at[i] == '"' ? "\"" : "");
        builder_char(&b, folded.at[i]);
    }
    builder_char(&b, '"');
    return builder_end(&b, &text) ? text : view_make(NULL, 0);
}
