/* Many people at once. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_USER_IMPORT_H
#define LATCHKEY_STORE_MONGO_USER_IMPORT_H

#include "store/mongo/connection.h"

/* In batches; each person is decided by the unique indexes. When it fails, those of earlier batches
   stay. */
enum result mongo_user_import_rows(struct store_handle *handle, struct user_import *rows,
                                   size_t count);

#endif
