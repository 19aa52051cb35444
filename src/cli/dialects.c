#include "dialects/dialects.h"

#include "base/builder.h"
#include "cli/commands.h"

#define LIST_MAX_BYTES ((size_t)64 * 1024)

static void write_rows(struct builder *b, const struct row_set *set)
{
    for (size_t i = 0; i < set->group_count; i++) {
        for (size_t j = 0; j < set->groups[i]->count; j++) {
            const struct row *row = &set->groups[i]->rows[j];

            builder_format(b, "  %-6s %-28s %s\n", http_method_name(row->method), row->path,
                           row->summary);
        }
    }
}

int command_dialects(struct cli *cli)
{
    struct builder b;
    struct view text;

    builder_init(&b, &cli->arena, LIST_MAX_BYTES);
    for (size_t i = 0; i < dialect_count; i++) {
        builder_format(&b, "%s%s: %s\n", i > 0 ? "\n" : "", dialects[i]->name, dialects[i]->title);
        write_rows(&b, dialects[i]);
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}
