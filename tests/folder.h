/* Where C tests have their files. */
#ifndef LATCHKEY_TESTS_FOLDER_H
#define LATCHKEY_TESTS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes a folder of the test's own below TMPDIR (/tmp unless set), where `tests/run` has room in
   memory: tests make many files, and each is synced. False: out is too small, or errno says why. */
static inline bool folder_make(char *out, size_t size)
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(out, size, "%s/latchkey-XXXXXX", parent != NULL ? parent : "/tmp");
    return len > 0 && (size_t)len < size && mkdtemp(out) != NULL;
}

#endif
