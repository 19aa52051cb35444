/* People for demonstrations and measurements, made up from a number: the same every time. */
#ifndef LATCHKEY_CLI_SEED_PEOPLE_H
#define LATCHKEY_CLI_SEED_PEOPLE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "model/user_seed.h"

/* The index-th person (from 0) of that seed; texts in the arena. False when out of memory. Pure. */
MUST_CHECK bool seed_people_make(uint64_t seed, uint64_t index, struct arena *arena,
                                 struct user_seed *out);

#endif
