/* Made-up people. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_USER_SEED_H
#define LATCHKEY_STORE_POSTGRES_USER_SEED_H

#include "store/postgres/connection.h"

enum result postgres_user_seed(struct store_handle *handle, const struct user_seed *people,
                               size_t count);

#endif
