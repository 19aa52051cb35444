/* Taking in everything of another store. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_LOAD_H
#define LATCHKEY_STORE_POSTGRES_LOAD_H

#include "store/postgres/connection.h"

enum result postgres_load_standing(struct store_handle *handle, enum store_standing *out);
enum result postgres_load_begin(struct store_handle *handle);
enum result postgres_load(struct store_handle *handle, const struct record *records, size_t count,
                          size_t *refused);
enum result postgres_load_end(struct store_handle *handle);

#endif
