/* Rotations of several sessions by one statement: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_ROTATIONS_H
#define LATCHKEY_STORE_POSTGRES_ROTATIONS_H

#include <stddef.h>

#include "base/result.h"
#include "store/store.h"

/* Slot of the back end: see backend.h. */
enum result postgres_rotations_together(struct store_handle *handle,
                                        struct session_rotating *const *items, size_t count);

#endif
