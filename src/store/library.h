/* A library that is loaded while the program runs, because only one kind of store needs it: with
   another store it costs neither memory nor start-up time, and need not be installed (ADR 0017). */
#ifndef LATCHKEY_STORE_LIBRARY_H
#define LATCHKEY_STORE_LIBRARY_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/result.h"

/* A function of the library, and the pointer that is to lead to it. */
struct library_function {
    const char *name;
    void *pointer; /* borrowed: a pointer to a function, of the type its header declares */
};

struct library {
    const char *soname;  /* as the linker would have noted it: found where the system looks */
    const char *product; /* who needs it, for the message */
    const char *package; /* that has it on Debian */
    const struct library_function *functions;
    size_t count;
};

/* Loads the library and sets each function's pointer; nothing unloads it again. BAD_REQUEST with a
   line in message when it is not installed, or lacks a function: then no pointer may be followed.
   The caller sees to it that this happens once, and before any call. */
MUST_CHECK enum result library_load(const struct library *library, char *message,
                                    size_t message_size);

#endif
