#ifndef LATCHKEY_API_PROCESS_H
#define LATCHKEY_API_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/lane.h"
#include "base/metrics.h"

/* Registers the collectors of the process (memory, descriptors, CPU, start: Prometheus' usual
   names), of the build and of the lanes (those that are NULL are left out). The lanes must live as
   long as the metrics are written; memory is taken from the arena. False when out of memory. */
MUST_CHECK bool process_collect(struct metrics *metrics, struct lane *const *lanes, size_t count,
                                struct arena *arena);

#endif
