/* Reading everything, for another store. Slot of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_DUMP_H
#define LATCHKEY_STORE_POSTGRES_DUMP_H

#include "store/postgres/connection.h"

enum result postgres_dump(struct store_handle *handle, const struct record_query *query,
                          struct arena *arena, struct record_page *out);

#endif
