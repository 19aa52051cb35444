/* Writing everything that another store had. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_LOAD_H
#define LATCHKEY_STORE_SQLITE_LOAD_H

#include "store/sqlite/connection.h"

enum result sqlite_load_standing(struct store_handle *handle, enum store_standing *out);
enum result sqlite_load_begin(struct store_handle *handle);
enum result sqlite_load(struct store_handle *handle, const struct record *records, size_t count,
                        size_t *refused);
enum result sqlite_load_end(struct store_handle *handle);

#endif
