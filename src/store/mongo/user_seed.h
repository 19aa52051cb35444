/* Made-up people. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_USER_SEED_H
#define LATCHKEY_STORE_MONGO_USER_SEED_H

#include "store/mongo/connection.h"

/* In batches. When somebody is refused, those who were created are taken back; a crash, or an
   outage at that moment, leaves them. */
enum result mongo_user_seed(struct store_handle *handle, const struct user_seed *people,
                            size_t count);

#endif
