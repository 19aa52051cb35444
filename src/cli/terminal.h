/* Questions on the terminal of whoever runs a command. */
#ifndef LATCHKEY_CLI_TERMINAL_H
#define LATCHKEY_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"

/* The controlling terminal, whatever standard input is; the caller closes it. -1: there is none. */
MUST_CHECK int terminal_open(void);
/* True when standard input is a terminal: somebody is there who can be asked. */
bool terminal_is_attended(void);
/* One line without its end, at most size bytes; -1 at the end of input with nothing read, or when
   the line is longer. */
MUST_CHECK ssize_t terminal_read_line(int fd, char *line, size_t size);
/* Asks "QUESTION: " and reads the answer as terminal_read_line. */
MUST_CHECK ssize_t terminal_ask(int tty, const char *question, char *line, size_t size);
/* The same without echo. -1 also when the echo cannot be switched off. */
MUST_CHECK ssize_t terminal_ask_secret(int tty, const char *question, char *line, size_t size);

#endif
