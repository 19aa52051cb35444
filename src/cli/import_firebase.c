#include "cli/import_firebase.h"

#include <stdio.h>

#define FILE_MAX_BYTES 4096

static struct view bare(struct view text)
{
    text = view_trim(text);
    while (text.len > 0 && (text.at[text.len - 1] == ',' || text.at[text.len - 1] == '"' ||
                            text.at[text.len - 1] == '\r')) {
        text.len--;
    }
    return text.len > 0 && text.at[0] == '"' ? view_sub(text, 1, text.len) : text;
}

static void take_line(struct view line, struct import_firebase *out)
{
    size_t colon = view_find(line, ':', 0);
    struct view name = bare(view_sub(line, 0, colon));
    struct view value = bare(view_sub(line, colon + 1, line.len));

    if (view_is(name, "base64_signer_key")) {
        out->signer_key = value;
    } else if (view_is(name, "base64_salt_separator")) {
        out->salt_separator = value;
    } else if (view_is(name, "rounds") && !view_to_int64(value, &out->rounds)) {
        out->rounds = 0;
    } else if (view_is(name, "mem_cost") && !view_to_int64(value, &out->mem_cost)) {
        out->mem_cost = 0;
    }
}

const char *import_firebase_read(const char *path, struct arena *arena, struct import_firebase *out)
{
    char *text = arena_take(arena, FILE_MAX_BYTES);
    FILE *file = fopen(path, "re");
    struct view line;

    if (file == NULL || text == NULL) {
        return "it cannot be read";
    }
    struct view rest = view_make(text, fread(text, 1, FILE_MAX_BYTES, file));
    (void)fclose(file);
    while (view_split(&rest, '\n', &line)) {
        take_line(line, out);
    }
    if (out->signer_key.len == 0 || out->salt_separator.len == 0 || out->rounds < 1 ||
        out->mem_cost < 1) {
        return "base64_signer_key, base64_salt_separator, rounds and mem_cost are needed";
    }
    return NULL;
}
