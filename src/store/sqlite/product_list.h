/* The list of products: its statement is put together from constant parts, as filters and order
   ask. */
#ifndef LATCHKEY_STORE_SQLITE_PRODUCT_LIST_H
#define LATCHKEY_STORE_SQLITE_PRODUCT_LIST_H

#include "base/builder.h"
#include "model/product.h"
#include "store/sqlite/connection.h"

/* Slot of the back end: see store.h. */
enum result sqlite_product_list(struct store_handle *handle,
                                const struct product_list_request *request, struct arena *arena,
                                struct product_page *out);

#define PRODUCT_LIST_SQL_MAX_BYTES 2048

/* For the test of the plans: the statement of a page, turned round when backward, and the one that
   counts what matches. The sort has at least one field. What a client sent is in parameters only.
 */
void sqlite_product_list_write_page(struct builder *b, const struct product_list_request *request);
void sqlite_product_list_write_count(struct builder *b, const struct product_list_request *request);

#endif
