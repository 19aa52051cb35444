/* .env: whatever the bytes, the parser ends, stays within the text, and what it accepts reads the
   same when it is written down again in quotes. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/builder.h"
#include "config/dotenv.h"

#define REWRITTEN_MAX_BYTES ((size_t)4 * 1024 * 1024)

static void write_quoted(struct builder *b, struct view value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c == '\n' || c == '\t') {
            builder_text(b, c == '\n' ? "\\n" : "\\t");
            continue;
        }
        builder_text(b, c == '"' || c == '\\' || c == '$' ? "\\" : "");
        builder_char(b, c);
    }
}

static struct view rewritten(const struct dotenv *file, struct arena *arena)
{
    struct builder b;
    struct view text;

    builder_init(&b, arena, REWRITTEN_MAX_BYTES);
    for (size_t i = 0; i < file->count; i++) {
        builder_add(&b, file->entries[i].name);
        builder_text(&b, "=\"");
        write_quoted(&b, file->entries[i].value);
        builder_text(&b, "\"\r\n");
    }
    FUZZ_CHECK(builder_end(&b, &text));
    return text;
}

static void check_again(const struct dotenv *file, struct arena *arena)
{
    struct dotenv again;
    struct view why;

    FUZZ_CHECK(dotenv_parse(rewritten(file, arena), arena, &again, &why));
    FUZZ_CHECK(again.count == file->count);
    for (size_t i = 0; i < file->count; i++) {
        FUZZ_CHECK(view_equal(again.entries[i].name, file->entries[i].name));
        FUZZ_CHECK(view_equal(again.entries[i].value, file->entries[i].value));
        FUZZ_CHECK(view_equal(dotenv_find(&again, again.entries[i].name),
                              dotenv_find(file, file->entries[i].name)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct dotenv file;
    struct view why = {NULL, 0};

    arena_init(&arena, 0);
    if (dotenv_parse(view_make(data, size), &arena, &file, &why)) {
        check_again(&file, &arena);
    } else {
        FUZZ_CHECK(view_starts_with(why, VIEW("line ")));
    }
    arena_clear(&arena);
    return 0;
}
