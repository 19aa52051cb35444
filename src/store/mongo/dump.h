/* Reading everything. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_MONGO_DUMP_H
#define LATCHKEY_STORE_MONGO_DUMP_H

#include "store/mongo/connection.h"

/* Before sessions and changes are read, what crashes have left of ended sessions is done
   (epochs.h). */
enum result mongo_dump(struct store_handle *handle, const struct record_query *query,
                       struct arena *arena, struct record_page *out);
/* By the server's own books where those say it. */
enum result mongo_dump_counts(struct store_handle *handle, int64_t changes_since_ms,
                              int64_t counts[RECORD_KIND_END]);

#endif
