#include "cli/usage.h"

#include <string.h>

#include "base/builder.h"
#include "config/reference.h"

#define USAGE_MAX_BYTES 65536
#define NAME_WIDTH 20

static struct view finish(const struct builder *b)
{
    struct view text;
    return builder_end(b, &text) ? text : (struct view){NULL, 0};
}

static struct view full_name(const struct command *command, struct arena *arena)
{
    const char *group = command->group != NULL ? command->group : "";
    return arena_format(arena, "%s%s%s", group, command->group != NULL ? " " : "", command->name);
}

static void write_summary(struct builder *b, const struct command *command, struct arena *arena)
{
    struct view name = full_name(command, arena);
    builder_format(b, "  %-*.*s %s\n", NAME_WIDTH, VIEW_ARG(name), command->summary);
}

struct view usage_of_all(struct arena *arena)
{
    struct builder b;

    builder_init(&b, arena, USAGE_MAX_BYTES);
    builder_text(&b, "latchkey: an authentication server\n\n"
                     "usage: latchkey COMMAND [FLAGS]\n\ncommands:\n");
    for (const struct command *row = command_rows; row->name != NULL; row++) {
        write_summary(&b, row, arena);
    }
    builder_text(&b, "\n'latchkey help COMMAND' tells more; 'latchkey help serve' lists all "
                     "options.\nExit status: 0 done, 1 failed, 2 wrong usage or configuration.\n");
    return finish(&b);
}

struct view usage_of_group(const char *group, struct arena *arena)
{
    struct builder b;

    builder_init(&b, arena, USAGE_MAX_BYTES);
    builder_format(&b, "usage: latchkey %s COMMAND [FLAGS]\n\ncommands:\n", group);
    for (const struct command *row = command_rows; row->name != NULL; row++) {
        if (row->group != NULL && strcmp(row->group, group) == 0) {
            write_summary(&b, row, arena);
        }
    }
    return finish(&b);
}

static void write_flag(struct builder *b, const struct command_flag *flag, struct arena *arena)
{
    bool has_value = flag->placeholder != NULL;
    struct view text = arena_format(arena, "--%s%s%s", flag->name, has_value ? " " : "",
                                    has_value ? flag->placeholder : "");
    builder_format(b, "  %-*.*s %s%s\n", NAME_WIDTH + 4, VIEW_ARG(text), flag->help,
                   flag->repeats ? " May be repeated." : "");
}

struct view usage_of_command(const struct command *command, struct arena *arena)
{
    struct view name = full_name(command, arena);
    struct builder b;

    builder_init(&b, arena, USAGE_MAX_BYTES);
    builder_format(&b, "usage: latchkey %.*s%s%s%s\n\n%s\n", VIEW_ARG(name),
                   command->operands != NULL ? " " : "",
                   command->operands != NULL ? command->operands : "",
                   command->flags[0].name != NULL || command->takes_options ? " [FLAGS]" : "",
                   command->summary);
    if (command->description != NULL) {
        builder_format(&b, "\n%s\n", command->description);
    }
    if (command->flags[0].name != NULL) {
        builder_text(&b, "\nflags:\n");
    }
    for (size_t i = 0; i < COMMAND_FLAGS_MAX && command->flags[i].name != NULL; i++) {
        write_flag(&b, &command->flags[i], arena);
    }
    if (command->takes_options && strcmp(command->name, "serve") == 0) {
        builder_char(&b, '\n');
        builder_add(&b, reference_help(arena));
    } else if (command->takes_options) {
        builder_text(&b, "\nThe options of 'latchkey help serve', --database above all, count "
                         "here too.\n");
    }
    return finish(&b);
}
