/* Makes one order, or the terms of one block, from the people as they are, and keeps it unless
   another process has kept a newer one meanwhile. round: begun before. */
#ifndef LATCHKEY_STORE_SQLITE_LIST_BUILD_H
#define LATCHKEY_STORE_SQLITE_LIST_BUILD_H

#include "base/attributes.h"
#include "store/sqlite/connection.h"

MUST_CHECK enum result list_build_order(struct sqlite_handle *handle, int64_t id, int64_t round);
MUST_CHECK enum result list_build_block(struct sqlite_handle *handle, int64_t block, int64_t round);

#endif
