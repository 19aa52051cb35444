/* Argon2's inner loop as it was compiled for several kinds of CPU. Constant; thread-safe. */
#ifndef ARGON2_FILL_H
#define ARGON2_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "core.h"

struct argon2_fill {
    const char *name;
    bool (*is_supported)(void); /* by the CPU and the system that this runs on */
    void (*segment)(const argon2_instance_t *instance, argon2_position_t position);
};

/* Fastest first; the last one runs everywhere. */
extern const struct argon2_fill argon2_fills[];
extern const size_t argon2_fill_count;
/* The first that is supported. */
const struct argon2_fill *argon2_fill_best(void);

#endif
