#include "cli/password_prompt.h"

#include <unistd.h>

#include "cli/terminal.h"
#include "crypto/password_hash.h"
#include "crypto/secret.h"

#define LINE_SIZE (PASSWORD_MAX_BYTES + 2)

static int ask_twice(int tty, char *first, ssize_t *len)
{
    char second[LINE_SIZE];
    ssize_t second_len;
    bool same;

    *len = terminal_ask_secret(tty, "New password", first, LINE_SIZE);
    if (*len < 0) {
        return command_fail("no password was given");
    }
    second_len = terminal_ask_secret(tty, "Once more", second, LINE_SIZE);
    same = second_len == *len && secret_equal(first, second, (size_t)*len);
    secret_wipe_bytes(second, sizeof(second));
    return same ? CLI_DONE : command_fail("the two passwords differ");
}

int password_prompt_new(struct cli *cli, struct view *password)
{
    char *line = arena_take(&cli->arena, LINE_SIZE);
    ssize_t len = -1;
    int status = CLI_DONE;

    if (line == NULL) {
        return command_fail("out of memory");
    }
    if (command_has(cli, "password-stdin")) {
        len = terminal_read_line(STDIN_FILENO, line, LINE_SIZE);
        status = len >= 0 ? CLI_DONE : command_fail("no password on standard input");
    } else {
        int tty = terminal_open();
        if (tty < 0) {
            return command_misused(cli,
                                   "no terminal to ask for the password: use --password-stdin");
        }
        status = ask_twice(tty, line, &len);
        close(tty);
    }
    *password = view_make(line, len > 0 ? (size_t)len : 0);
    return status;
}
