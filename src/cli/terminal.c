#include "cli/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

int terminal_open(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

bool terminal_is_attended(void)
{
    return isatty(STDIN_FILENO) == 1;
}

ssize_t terminal_read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    ssize_t got;
    char c = '\0';

    while ((got = read(fd, &c, 1)) == 1 && c != '\n') {
        if (len == size) {
            return -1;
        }
        line[len++] = c;
    }
    if (got <= 0 && len == 0) {
        return -1;
    }
    return (ssize_t)(len > 0 && line[len - 1] == '\r' ? len - 1 : len);
}

ssize_t terminal_ask(int tty, const char *question, char *line, size_t size)
{
    dprintf(tty, "%s: ", question);
    return terminal_read_line(tty, line, size);
}

ssize_t terminal_ask_secret(int tty, const char *question, char *line, size_t size)
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
    len = terminal_ask(tty, question, line, size);
    tcsetattr(tty, TCSAFLUSH, &saved);
    dprintf(tty, "\n");
    return len;
}
