/* A signing key as the store keeps it. */
#ifndef LATCHKEY_MODEL_STORED_KEY_H
#define LATCHKEY_MODEL_STORED_KEY_H

#include <stdint.h>

#include "base/view.h"

struct stored_key {
    struct view key_id;
    struct view algorithm; /* JOSE name */
    struct view material;  /* private; in an arena that wipes it */
    int64_t created_ms;
    int64_t signs_from_ms; /* later than created, so that every node knows the key before a token
                              bears it */
    int64_t retired_ms;    /* from then on it verifies nothing; 0: open */
};

#endif
