#include "cli/password_prompt.h"

#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/password_hash.h"
#include "crypto/secret.h"

#define LINE_SIZE (PASSWORD_MAX_BYTES + 2)

/* Reads one line without its end; -1 at the end of input with nothing read, or when it is too long.
 */
static ssize_t read_line(int fd, char *line)
{
    size_t len = 0;
    ssize_t got;
    char c = '\0';

    while ((got = read(fd, &c, 1)) == 1 && c != '\n') {
        if (len == LINE_SIZE) {
            return -1;
        }
        line[len++] = c;
    }
    if (got <= 0 && len == 0) {
        return -1;
    }
    return (ssize_t)(len > 0 && line[len - 1] == '\r' ? len - 1 : len);
}

static void restore_terminal(const struct termios *saved, int tty)
{
    tcsetattr(tty, TCSAFLUSH, saved);
    dprintf(tty, "\n");
}

static ssize_t ask(int tty, const char *question, char *line)
{
    struct termios saved;
    struct termios silent;
    ssize_t len;

    if (tcgetattr(tty, &saved) != 0) {
        return -1;
    }
    silent = saved;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    /* First silence, then the question: who answers it at once must be neither seen nor lost. */
    tcsetattr(tty, TCSAFLUSH, &silent);
    dprintf(tty, "%s: ", question);
    len = read_line(tty, line);
    restore_terminal(&saved, tty);
    return len;
}

static int ask_twice(int tty, char *first, ssize_t *len)
{
    char second[LINE_SIZE];
    ssize_t second_len;
    bool same;

    *len = ask(tty, "New password", first);
    if (*len < 0) {
        return command_fail("no password was given");
    }
    second_len = ask(tty, "Once more", second);
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
        len = read_line(STDIN_FILENO, line);
        status = len >= 0 ? CLI_DONE : command_fail("no password on standard input");
    } else {
        int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
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
