#include "base/builder.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "service/keys.h"

#define OUTPUT_MAX_BYTES 65536

static void write_entry(struct builder *b, const struct keys_entry *entry)
{
    char created[CLOCK_TEXT_SIZE] = "-";
    char retired[CLOCK_TEXT_SIZE] = "-";

    if (entry->created_ms != 0) {
        clock_format(entry->created_ms, created);
    }
    if (entry->retired_ms != 0) {
        clock_format(entry->retired_ms, retired);
    }
    builder_format(b, "%-44.*s %-9.*s %-10s %-25s %s\n", VIEW_ARG(entry->key_id),
                   VIEW_ARG(entry->algorithm), entry->state, created, retired);
}

int command_keys_list(struct cli *cli)
{
    struct context context CLEANUP(context_close) = {0};
    const struct keys_entry *entries;
    size_t count;
    enum result result;
    struct builder b;
    struct view text;

    if (context_open(cli, &context) != CLI_DONE) {
        return CLI_FAILED;
    }
    result = keys_list(&context.call, &entries, &count);
    if (result != RESULT_OK) {
        return context_report(&context, result, "cannot list the keys");
    }
    builder_init(&b, &cli->arena, OUTPUT_MAX_BYTES);
    builder_format(&b, "%-44s %-9s %-10s %-25s %s\n", "KEY", "ALGORITHM", "STATE", "CREATED",
                   "RETIRES");
    for (size_t i = 0; i < count; i++) {
        write_entry(&b, &entries[i]);
    }
    return builder_end(&b, &text) ? command_print(text) : command_fail("out of memory");
}
