#include "store/sqlite/search_text.h"

#include "base/builder.h"
#include "base/utf8.h"
#include "base/utf8_fold.h"

/* Behind every character there is in a name. */
#define AFTER_ALL_TEXT "\xF4\x8F\xBF\xBF"
#define COLUMN_MAX_BYTES 64
#define SOME_TRIGRAMS 8
#define TRIGRAM_MAX_BYTES 32 /* three characters of four bytes, quotes, doubled ones, " AND " */

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

/* Quotes are doubled, all else is literal (FTS5, section 3.1). */
static void add_phrase(struct builder *b, struct view folded)
{
    builder_char(b, '"');
    for (size_t i = 0; i < folded.len; i++) {
        builder_text(b, folded.at[i] == '"' ? "\"" : "");
        builder_char(b, folded.at[i]);
    }
    builder_char(b, '"');
}

struct view search_text_match(struct view folded, const char *column, struct arena *arena)
{
    struct builder b;
    struct view text = {NULL, 0};
    builder_init(&b, arena, 2 * folded.len + COLUMN_MAX_BYTES);
    if (column != NULL) {
        builder_format(&b, "%s : ", column);
    }
    add_phrase(&b, folded);
    return builder_end(&b, &text) ? text : view_make(NULL, 0);
}

/* The text without so many characters at its beginning. */
static struct view skip_chars(struct view text, size_t count)
{
    for (; count > 0 && text.len > 0; count--) {
        uint32_t unused;
        size_t size = utf8_decode(text, &unused);
        text = view_sub(text, size > 0 ? size : 1, SIZE_MAX);
    }
    return text;
}

static struct view trigram_at(struct view folded, size_t index)
{
    struct view from = skip_chars(folded, index);
    return view_sub(from, 0, from.len - skip_chars(from, SEARCH_TEXT_INDEXED_CHARS).len);
}

struct view search_text_match_some(struct view folded, struct arena *arena)
{
    struct builder b;
    struct view text = {NULL, 0};
    size_t last = utf8_length(folded) - SEARCH_TEXT_INDEXED_CHARS;
    size_t count = last < SOME_TRIGRAMS ? last + 1 : SOME_TRIGRAMS;
    builder_init(&b, arena, count * TRIGRAM_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        /* From the first to the last, evenly. */
        builder_text(&b, i > 0 ? " AND " : "");
        add_phrase(&b, trigram_at(folded, count > 1 ? i * last / (count - 1) : 0));
    }
    return builder_end(&b, &text) ? text : view_make(NULL, 0);
}

bool search_text_is_one_trigram(struct view folded)
{
    return utf8_length(folded) == SEARCH_TEXT_INDEXED_CHARS;
}
