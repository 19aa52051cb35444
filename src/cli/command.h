/* Commands as rows: parsing, usage texts and dispatch read them. */
#ifndef LATCHKEY_CLI_COMMAND_H
#define LATCHKEY_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/view.h"
#include "config/config.h"

#define CLI_DONE 0
#define CLI_FAILED 1
#define CLI_USAGE 2

#define COMMAND_FLAGS_MAX 12
#define COMMAND_OPERANDS_MAX 4

struct command_flag {
    const char *name;        /* without dashes */
    const char *placeholder; /* NULL: a switch, takes no value */
    const char *help;
    bool repeats; /* may be given several times; values are joined by commas */
};

struct cli;

struct command {
    const char *group; /* "user"; NULL: a command of one word */
    const char *name;
    const char *operands;  /* "USER"; NULL: none */
    size_t operand_count;  /* exactly so many */
    bool operand_may_lack; /* the last one may be left out */
    const char *summary;
    const char *description; /* more, for its own help; may be NULL */
    struct command_flag flags[COMMAND_FLAGS_MAX];
    bool takes_options;  /* every option of the configuration is a flag too */
    bool makes_database; /* that is not there yet; others say that it does not exist */
    int (*run)(struct cli *cli);
};

/* One run of one command. */
struct cli {
    struct arena arena;
    const struct command *command;
    struct view flags[COMMAND_FLAGS_MAX]; /* values by the command's flags; at NULL: not given */
    struct view operands[COMMAND_OPERANDS_MAX];
    size_t operand_count;
    struct config config; /* loaded where the command takes options */
};

/* Ends with a row without a name. */
extern const struct command command_rows[];

/* Parses argv, loads the configuration, runs the command. Returns the exit status. */
MUST_CHECK int command_main(int argc, char **argv, char *const *environment);
/* The value of a flag of the command; at NULL when not given. */
struct view command_flag(const struct cli *cli, const char *name);
bool command_has(const struct cli *cli, const char *name);
/* One line "latchkey: …" on standard error. Returns CLI_FAILED. */
int command_fail(const char *format, ...) PRINTF_LIKE(1, 2);
/* Likewise with a pointer to the command's help. Returns CLI_USAGE. */
int command_misused(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);
/* Writes to standard output; CLI_FAILED with a message when that fails (a full disk, a closed
 * pipe). */
MUST_CHECK int command_print(struct view text);

#endif
