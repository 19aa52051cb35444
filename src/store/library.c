#include "store/library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* POSIX lets the address of a function be kept in a void *; C has no conversion for it. */
static bool find(void *handle, const struct library_function *function)
{
    void *address = dlsym(handle, function->name);
    memcpy(function->pointer, &address, sizeof address);
    return address != NULL;
}

enum result library_load(const struct library *library, char *message, size_t message_size)
{
    /* All that it needs is looked for now: what is missing is said at the start, not later. */
    void *handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        (void)snprintf(message, message_size,
                       "%s needs the library %s (on Debian: apt-get install %s), which cannot be "
                       "loaded: %s",
                       library->product, library->soname, library->package, dlerror());
        return RESULT_BAD_REQUEST;
    }
    for (size_t i = 0; i < library->count; i++) {
        if (!find(handle, &library->functions[i])) {
            (void)snprintf(message, message_size, "the library %s is too old for %s: it has no %s",
                           library->soname, library->product, library->functions[i].name);
            return RESULT_BAD_REQUEST;
        }
    }
    return RESULT_OK;
}
