/* Reading everything, for another store. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_DUMP_H
#define LATCHKEY_STORE_SQLITE_DUMP_H

#include "store/sqlite/connection.h"

enum result sqlite_dump(struct store_handle *handle, const struct record_query *query,
                        struct arena *arena, struct record_page *out);

#endif
