/* Housekeeping. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_PURGE_H
#define LATCHKEY_STORE_MONGO_PURGE_H

#include "store/mongo/connection.h"

/* Removes what is over, and does what crashes have left to be done (epochs.h). Each document by
   itself: nobody waits. */
enum result mongo_purge(struct store_handle *handle, const struct purge_limits *limits, bool *more);

#endif
