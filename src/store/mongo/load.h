/* Writing everything that another store had. Slots of the back end: see store.h. Without a
   transaction: when a batch is refused, those before the refused one may be there. */
#ifndef LATCHKEY_STORE_MONGO_LOAD_H
#define LATCHKEY_STORE_MONGO_LOAD_H

#include "store/mongo/connection.h"

enum result mongo_load_standing(struct store_handle *handle, enum store_standing *out);
enum result mongo_load_begin(struct store_handle *handle);
enum result mongo_load(struct store_handle *handle, const struct record *records, size_t count,
                       size_t *refused);
enum result mongo_load_end(struct store_handle *handle);

#endif
