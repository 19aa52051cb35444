#include "config/reference.h"

#include <string.h>

#define REFERENCE_MAX_BYTES 65536
#define HELP_WIDTH 76
#define HELP_INDENT 6

static struct view finish(const struct builder *b)
{
    struct view text;
    return builder_end(b, &text) ? text : (struct view){NULL, 0};
}

/* Calls write for each option, group after group in the order of first appearance. */
static void each_by_group(void (*group)(struct builder *, const char *),
                          void (*write)(struct builder *, const struct option *, struct arena *),
                          struct builder *b, struct arena *arena)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        bool first = true;
        for (int j = 0; j < i; j++) {
            first = first && option_rows[j].group != option_rows[i].group;
        }
        if (!first) {
            continue;
        }
        group(b, option_rows[i].group);
        for (int j = i; j < OPTION_COUNT; j++) {
            if (option_rows[j].group == option_rows[i].group) {
                write(b, &option_rows[j], arena);
            }
        }
    }
}

/* Breaks a text into lines of at most HELP_WIDTH, each behind the indent. */
static void write_wrapped(struct builder *b, struct view text)
{
    size_t column = 0;
    struct view word;

    while (view_split(&text, ' ', &word)) {
        if (column > 0 && column + 1 + word.len > HELP_WIDTH - HELP_INDENT) {
            builder_char(b, '\n');
            column = 0;
        }
        builder_format(b, "%*s%.*s", column == 0 ? HELP_INDENT : 1, "", VIEW_ARG(word));
        column += word.len + (column == 0 ? 0 : 1);
    }
    builder_char(b, '\n');
}

static const char *placeholder_of(const struct option *option)
{
    static const char *const by_kind[] = {
        [OPTION_TEXT] = "TEXT",         [OPTION_CHOICE] = "WORD", [OPTION_SWITCH] = "on|off",
        [OPTION_INTEGER] = "N",         [OPTION_SIZE] = "BYTES",  [OPTION_LIST] = "LIST",
        [OPTION_DURATION] = "DURATION",
    };
    return option->placeholder != NULL ? option->placeholder : by_kind[option->kind];
}

static const char *default_of(const struct option *option)
{
    if (option->default_text != NULL) {
        return option->default_text;
    }
    return option->default_note != NULL ? option->default_note : "none";
}

static bool has_range(const struct option *option)
{
    return option->kind != OPTION_TEXT && option->kind != OPTION_LIST;
}

static void help_group(struct builder *b, const char *group)
{
    builder_format(b, "\n%s:\n", group);
}

static void help_option(struct builder *b, const struct option *option, struct arena *arena)
{
    struct view flag = option_flag(option, arena);
    struct view range = option_range(option, arena);

    builder_format(b, "  %.*s %s\n", VIEW_ARG(flag), placeholder_of(option));
    write_wrapped(b, view_of(option->help));
    if (has_range(option)) {
        write_wrapped(
            b, arena_format(arena, "[%.*s; default: %s]", VIEW_ARG(range), default_of(option)));
    } else {
        write_wrapped(b, arena_format(arena, "[default: %s]", default_of(option)));
    }
}

struct view reference_help(struct arena *arena)
{
    struct builder b;

    builder_init(&b, arena, REFERENCE_MAX_BYTES);
    builder_text(&b,
                 "Options. Each is also an environment variable LATCHKEY_NAME and a line in\n"
                 ".env (--session-idle is LATCHKEY_SESSION_IDLE); LATCHKEY_NAME_FILE reads the\n"
                 "value from a file. Flag > environment > .env > default.\n");
    each_by_group(help_group, help_option, &b, arena);
    return finish(&b);
}

static void markdown_group(struct builder *b, const char *group)
{
    builder_format(
        b, "\n## %s\n\n| name | takes | default | meaning |\n| --- | --- | --- | --- |\n", group);
}

/* A table cell: the bar ends a cell in Markdown. */
static void write_cell(struct builder *b, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        builder_text(b, text.at[i] == '|' ? "\\" : "");
        builder_char(b, text.at[i]);
    }
}

static void markdown_option(struct builder *b, const struct option *option, struct arena *arena)
{
    struct view range = option_range(option, arena);

    builder_format(b, "| `%s` | ", option->name);
    write_cell(b, has_range(option) ? range : view_of(placeholder_of(option)));
    builder_format(b, " | %s | %s", default_of(option), option->help);
    for (size_t i = 0; i < OPTION_ALIASES_MAX && option->aliases[i].name != NULL; i++) {
        builder_format(b, "%s`%s`", i == 0 ? " Also " : ", ", option->aliases[i].name);
    }
    builder_text(b, option->aliases[0].name != NULL ? ". |\n" : " |\n");
}

struct view reference_markdown(struct arena *arena)
{
    struct builder b;

    builder_init(&b, arena, REFERENCE_MAX_BYTES);
    builder_text(
        &b, "# Configuration\n\n"
            "<!-- Written by `latchkey config --markdown` from src/config/option.c; do not edit. "
            "-->\n\n"
            "Every option below is a flag (`SESSION_IDLE` is `--session-idle`), an environment "
            "variable\n(`LATCHKEY_SESSION_IDLE`) and a line in `.env` of the working folder. "
            "Flag > environment > `.env` > default.\n`LATCHKEY_NAME_FILE` reads the value from a "
            "file, without its final newline; an empty variable counts as\nunset. The other names "
            "given with *Also* are taken as they are from the environment and `.env`.\n\n"
            "An unknown `LATCHKEY_` name, an unknown flag or a value out of range is refused at "
            "start: one line, exit\nstatus 2. `latchkey config` prints what is in force and where "
            "it comes from, secrets redacted.\n\n"
            "Durations are `30s`, `15m`, `12h` or `30d`. `ACCESS_TOKEN_EXPIRE_MINUTES` counts "
            "minutes and\n`JWT_REFRESH_EXPIRY` days when they come without a unit. Any "
            "`PYTHON_ENV` but `production` is development.\n");
    each_by_group(markdown_group, markdown_option, &b, arena);
    return finish(&b);
}

static void write_origin(struct builder *b, const struct config_value *value)
{
    if (value->source.at == NULL || view_is(value->source, "default")) {
        builder_text(b, "default");
    } else {
        builder_add(b, value->source);
    }
}

struct view reference_values(const struct config *config, struct arena *arena)
{
    struct builder b;

    builder_init(&b, arena, REFERENCE_MAX_BYTES);
    for (int i = 0; i < OPTION_COUNT; i++) {
        struct view shown = config_shown(config, (enum option_id)i, arena);
        builder_format(&b, "%-22s %-30.*s  # ", option_rows[i].name, VIEW_ARG(shown));
        write_origin(&b, &config->values[i]);
        builder_char(&b, '\n');
    }
    return finish(&b);
}
