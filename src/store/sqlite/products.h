/* Products. Slots of the back end: see store.h. */
#ifndef LATCHKEY_STORE_SQLITE_PRODUCTS_H
#define LATCHKEY_STORE_SQLITE_PRODUCTS_H

#include "store/sqlite/connection.h"
#include "store/sqlite/sql.h"

enum result sqlite_products_create(struct store_handle *handle, const struct product_draft *draft,
                                   struct arena *arena, struct product *out);
enum result sqlite_products_get(struct store_handle *handle, const struct product_key *key,
                                struct arena *arena, struct product *out);
enum result sqlite_products_update(struct store_handle *handle, const struct product_key *key,
                                   const struct product_patch *patch, struct arena *arena,
                                   struct product *out);
enum result sqlite_products_delete(struct store_handle *handle, const struct product_key *key,
                                   int64_t if_version, struct arena *arena, struct product *out);

/* Inside this folder: fills *out from the current row of PRODUCT_COLUMNS (statements.h). */
MUST_CHECK enum result sqlite_products_of_row(struct sql_query *query, struct arena *arena,
                                              struct product *out);

#endif
