#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/usage.h"

static void say(const char *format, va_list arguments)
{
    fputs("latchkey: ", stderr);
    vfprintf(stderr, format, arguments);
}

int command_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return CLI_FAILED;
}

int command_misused(const struct cli *cli, const char *format, ...)
{
    const struct command *command = cli->command;
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    if (command == NULL) {
        fputs("; 'latchkey help' lists the commands\n", stderr);
    } else {
        fprintf(stderr, "; see 'latchkey help %s%s%s'\n",
                command->group != NULL ? command->group : "", command->group != NULL ? " " : "",
                command->name);
    }
    return CLI_USAGE;
}

int command_print(struct view text)
{
    size_t written = text.len > 0 ? fwrite(text.at, 1, text.len, stdout) : 0;

    if (text.at == NULL) {
        return command_fail("out of memory");
    }
    if (written != text.len || fflush(stdout) != 0) {
        return command_fail("cannot write to standard output");
    }
    return CLI_DONE;
}

static size_t flag_index(const struct command *command, struct view name)
{
    size_t i = 0;
    while (i < COMMAND_FLAGS_MAX && command->flags[i].name != NULL &&
           !view_is(name, command->flags[i].name)) {
        i++;
    }
    return i < COMMAND_FLAGS_MAX && command->flags[i].name != NULL ? i : COMMAND_FLAGS_MAX;
}

struct view command_flag(const struct cli *cli, const char *name)
{
    size_t index = flag_index(cli->command, view_of(name));
    return index < COMMAND_FLAGS_MAX ? cli->flags[index] : (struct view){NULL, 0};
}

bool command_has(const struct cli *cli, const char *name)
{
    return command_flag(cli, name).at != NULL;
}

/* The words left of the command line. */
struct words {
    char **at;
    int count;
    struct config_flag *options; /* for the configuration */
    size_t option_count;
};

static const char *take_word(struct words *words)
{
    const char *word = NULL;
    if (words->count > 0) {
        word = words->at[0];
        words->at++;
        words->count--;
    }
    return word;
}

/* Takes the value that is part of the flag's word, or else the next word. */
static bool take_flag_value(struct words *words, struct view *name, struct view *value)
{
    size_t equals = view_find(*name, '=', 0);
    const char *next;

    if (equals < name->len) {
        *value = view_sub(*name, equals + 1, name->len);
        *name = view_sub(*name, 0, equals);
        return true;
    }
    next = take_word(words);
    *value = view_of(next);
    return next != NULL;
}

static int set_flag(struct cli *cli, size_t index, struct view name, struct view value)
{
    struct view *slot = &cli->flags[index];

    if (slot->at != NULL && !cli->command->flags[index].repeats) {
        return command_misused(cli, "--%.*s is given twice", VIEW_ARG(name));
    }
    *slot = slot->at == NULL
                ? value
                : arena_format(&cli->arena, "%.*s,%.*s", VIEW_ARG(*slot), VIEW_ARG(value));
    return CLI_DONE;
}

static int take_flag(struct cli *cli, struct words *words, struct view word)
{
    struct view name = view_sub(word, 2, word.len);
    struct view bare = view_sub(name, 0, view_find(name, '=', 0));
    size_t index = flag_index(cli->command, bare);
    bool is_option = cli->command->takes_options && option_of_flag(bare) != OPTION_COUNT;
    struct view value;

    if (index < COMMAND_FLAGS_MAX && cli->command->flags[index].placeholder == NULL) {
        return bare.len == name.len ? set_flag(cli, index, bare, VIEW("on"))
                                    : command_misused(cli, "--%.*s takes no value", VIEW_ARG(bare));
    }
    if (index == COMMAND_FLAGS_MAX && !is_option) {
        return command_misused(cli, "unknown flag --%.*s", VIEW_ARG(bare));
    }
    if (!take_flag_value(words, &name, &value)) {
        return command_misused(cli, "--%.*s needs a value", VIEW_ARG(name));
    }
    if (index < COMMAND_FLAGS_MAX) {
        return set_flag(cli, index, name, value);
    }
    words->options[words->option_count++] = (struct config_flag){name, value};
    return CLI_DONE;
}

static int take_words(struct cli *cli, struct words *words)
{
    bool flags_end = false;
    const char *word;
    int status = CLI_DONE;

    while (status == CLI_DONE && (word = take_word(words)) != NULL) {
        if (!flags_end && strcmp(word, "--") == 0) {
            flags_end = true;
        } else if (!flags_end && strncmp(word, "--", 2) == 0) {
            status = take_flag(cli, words, view_of(word));
        } else if (!flags_end && word[0] == '-' && word[1] != '\0') {
            status = command_misused(cli, "unknown flag %s", word);
        } else if (cli->operand_count == COMMAND_OPERANDS_MAX) {
            status = command_misused(cli, "too many words: '%s'", word);
        } else {
            cli->operands[cli->operand_count++] = view_of(word);
        }
    }
    return status;
}

static int check_operands(struct cli *cli)
{
    const struct command *command = cli->command;

    if (strcmp(command->name, "help") == 0 || cli->operand_count == command->operand_count) {
        return CLI_DONE;
    }
    if (command->operand_may_lack && cli->operand_count + 1 == command->operand_count) {
        return CLI_DONE;
    }
    if (cli->operand_count < command->operand_count) {
        return command_misused(cli, "%s is missing", command->operands);
    }
    return command_misused(cli, "one word too many: '%.*s'",
                           VIEW_ARG(cli->operands[command->operand_count]));
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static int run_command(struct cli *cli, struct words *words, char *const *environment)
{
    struct config_sources sources = {.environment = environment, .dotenv_path = ".env"};
    struct view why;
    int status;

    if (wants_help(words->count, words->at)) {
        return command_print(usage_of_command(cli->command, &cli->arena));
    }
    words->options =
        arena_take_array(&cli->arena, (size_t)words->count + 1, sizeof(*words->options));
    if (words->options == NULL) {
        return command_fail("out of memory");
    }
    status = take_words(cli, words);
    status = status == CLI_DONE ? check_operands(cli) : status;
    if (status != CLI_DONE) {
        return status;
    }
    sources.flags = words->options;
    sources.flag_count = words->option_count;
    if (cli->command->takes_options && !config_load(&sources, &cli->arena, &cli->config, &why)) {
        fprintf(stderr, "latchkey: %.*s\n", VIEW_ARG(why));
        return CLI_USAGE;
    }
    return cli->command->run(cli);
}

static bool is_group(const char *word)
{
    for (const struct command *row = command_rows; row->name != NULL; row++) {
        if (row->group != NULL && strcmp(row->group, word) == 0) {
            return true;
        }
    }
    return false;
}

/* Finds the command of the first word or two and takes them off. */
static const struct command *take_command(struct words *words)
{
    const char *first = words->count > 0 ? words->at[0] : "help";
    const char *second = words->count > 1 ? words->at[1] : "";

    for (const struct command *row = command_rows; row->name != NULL; row++) {
        bool one = row->group == NULL && strcmp(row->name, first) == 0;
        bool two =
            row->group != NULL && strcmp(row->group, first) == 0 && strcmp(row->name, second) == 0;
        if (one || two) {
            take_word(words);
            if (two) {
                take_word(words);
            }
            return row;
        }
    }
    return NULL;
}

static int misnamed(struct cli *cli, const struct words *words)
{
    const char *first = words->count > 0 ? words->at[0] : "help";

    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        return command_print(usage_of_all(&cli->arena));
    }
    if (strcmp(first, "--version") == 0) {
        return command_print(VIEW("latchkey " LATCHKEY_VERSION "\n"));
    }
    if (!is_group(first)) {
        return command_misused(cli, "unknown command '%s'", first);
    }
    if (words->count > 1 && !wants_help(words->count, words->at)) {
        return command_misused(cli, "unknown command '%s %s'", first, words->at[1]);
    }
    int status = command_print(usage_of_group(first, &cli->arena));
    return words->count > 1 ? status : CLI_USAGE;
}

int command_main(int argc, char **argv, char *const *environment)
{
    struct cli cli = {0};
    struct words words = {.at = argv + 1, .count = argc > 0 ? argc - 1 : 0};
    int status;

    arena_init(&cli.arena, 0);
    cli.command = take_command(&words);
    status = cli.command != NULL ? run_command(&cli, &words, environment) : misnamed(&cli, &words);
    arena_clear(&cli.arena);
    return status;
}
