#include "config/dotenv.h"

#include <string.h>

#include "base/builder.h"

#define ENTRIES_MAX 4096

static bool is_name_char(char c, bool first)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    return letter || (!first && c >= '0' && c <= '9');
}

static bool is_name(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_char(text.at[i], i == 0)) {
            return false;
        }
    }
    return text.len > 0;
}

/* What may follow a closing quote: nothing, or a comment. */
static bool is_blank_or_comment(struct view rest)
{
    struct view trimmed = view_trim(rest);
    return trimmed.len == 0 || trimmed.at[0] == '#';
}

static bool read_literal(struct view text, struct view *value)
{
    size_t end = view_find(text, '\'', 1);
    *value = view_sub(text, 1, end - 1);
    return end < text.len && is_blank_or_comment(view_sub(text, end + 1, text.len));
}

static bool unescape(struct builder *b, char c)
{
    static const char from[] = "nt\"\\$'";
    static const char to[] = "\n\t\"\\$'";
    const char *found = c != '\0' ? strchr(from, c) : NULL;

    if (found == NULL) {
        return false;
    }
    builder_char(b, to[found - from]);
    return true;
}

static bool read_escaped(struct view text, struct arena *arena, struct view *value)
{
    struct builder b;

    builder_init(&b, arena, text.len + 1);
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] == '"') {
            return is_blank_or_comment(view_sub(text, i + 1, text.len)) && builder_end(&b, value);
        }
        if (text.at[i] != '\\') {
            builder_char(&b, text.at[i]);
        } else if (++i == text.len || !unescape(&b, text.at[i])) {
            return false;
        }
    }
    return false;
}

/* Unquoted: up to a '#' that follows white space. */
static struct view read_plain(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool after_space = i == 0 || text.at[i - 1] == ' ' || text.at[i - 1] == '\t';
        if (text.at[i] == '#' && after_space) {
            return view_trim(view_sub(text, 0, i));
        }
    }
    return view_trim(text);
}

static bool read_value(struct view text, struct arena *arena, struct view *value)
{
    if (text.len > 0 && text.at[0] == '\'') {
        return read_literal(text, value);
    }
    if (text.len > 0 && text.at[0] == '"') {
        return read_escaped(text, arena, value);
    }
    *value = read_plain(text);
    return true;
}

static bool read_line(struct view line, struct arena *arena, struct dotenv_entry *entry)
{
    size_t equals;

    if (view_starts_with(line, VIEW("export "))) {
        line = view_trim(view_sub(line, 7, line.len));
    }
    equals = view_find(line, '=', 0);
    entry->name = view_trim(view_sub(line, 0, equals));
    return equals < line.len && is_name(entry->name) &&
           read_value(view_trim(view_sub(line, equals + 1, line.len)), arena, &entry->value);
}

static struct view without_return(struct view line)
{
    bool returns = line.len > 0 && line.at[line.len - 1] == '\r';
    return view_trim(returns ? view_sub(line, 0, line.len - 1) : line);
}

bool dotenv_parse(struct view text, struct arena *arena, struct dotenv *out, struct view *why)
{
    struct view rest = text;
    struct view line;
    int number = 0;

    *out = (struct dotenv){.entries = arena_take_array(arena, ENTRIES_MAX, sizeof(*out->entries))};
    if (out->entries == NULL) {
        *why = VIEW("out of memory");
        return false;
    }
    while (view_split(&rest, '\n', &line)) {
        struct dotenv_entry entry = {.line = ++number};
        line = without_return(line);
        if (line.len == 0 || line.at[0] == '#') {
            continue;
        }
        if (out->count == ENTRIES_MAX) {
            *why = arena_format(arena, "line %d is one value too many", number);
            return false;
        }
        if (!read_line(line, arena, &entry)) {
            *why = arena_format(arena, "line %d is not NAME=value", number);
            return false;
        }
        out->entries[out->count++] = entry;
    }
    return true;
}

struct view dotenv_find(const struct dotenv *file, struct view name)
{
    for (size_t i = file->count; i > 0; i--) {
        if (view_equal(file->entries[i - 1].name, name)) {
            return file->entries[i - 1].value;
        }
    }
    return (struct view){NULL, 0};
}
