/* A made-up person with a past, for demonstrations and measurements. */
#ifndef LATCHKEY_MODEL_USER_SEED_H
#define LATCHKEY_MODEL_USER_SEED_H

#include <stdint.h>

#include "model/user.h"

struct user_seed {
    struct user_draft draft; /* now_ms: when created */
    int64_t updated_ms;
    int64_t last_login_ms; /* 0: never */
    int64_t deleted_ms;    /* 0: not deleted */
};

#endif
