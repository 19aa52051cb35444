/* Reading everything, for another store. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_POSTGRES_DUMP_H
#define LATCHKEY_STORE_POSTGRES_DUMP_H

#include "store/postgres/connection.h"

enum result postgres_dump(struct store_handle *handle, const struct record_query *query,
                          struct arena *arena, struct record_page *out);
enum result postgres_dump_counts(struct store_handle *handle, int64_t changes_since_ms,
                                 int64_t counts[RECORD_KIND_END]);

#endif
